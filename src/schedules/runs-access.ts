// How a scheduler reaches the runs: PostgreSQL is open all the time; the embedded store, which one process at a time can have,
// is opened for each use, so that scans and other commands have their turn.
import { join } from "node:path";
import { messageOf, PortcullisError } from "../errors.js";
import { lockFolder, type FolderLock } from "../store/folder-lock.js";
import { Limiter } from "../concurrency.js";
import type { ScheduleRuns } from "./runs.js";
import type { RunsAccess } from "./scheduler.js";
import { makeFolder } from "../folders.js";

export interface OpenRuns {
  readonly schedules: ScheduleRuns;
  close(): Promise<void>;
}

export async function sharedAccess(open: () => Promise<OpenRuns>): Promise<RunsAccess> {
  const store = await open();
  return { exclusive: false, use: (work) => work(store.schedules), close: () => store.close() };
}

/** Throws `store-unavailable` when another scheduler works on the folder. */
export function embeddedAccess(dataDir: string, open: () => Promise<OpenRuns>): RunsAccess {
  const lock = lockScheduler(dataDir);
  const turn = new Limiter(1);
  return {
    exclusive: true,
    use: (work) =>
      turn.run(async () => {
        const store = await open();
        try {
          return await work(store.schedules);
        } finally {
          await store.close();
        }
      }),
    close() {
      lock.release();
      return Promise.resolve();
    },
  };
}

function lockScheduler(dataDir: string): FolderLock {
  const folder = join(dataDir, "scheduler");
  try {
    makeFolder(folder, 0o700);
    return lockFolder(folder);
  } catch (error) {
    const message = `the embedded store in ${dataDir} has one scheduler at a time: ${messageOf(error)}`;
    throw new PortcullisError("store-unavailable", message, { cause: error });
  }
}
