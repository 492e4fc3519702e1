// Asks for a scan by workers, and waits for it.
import { setTimeout as sleep } from "node:timers/promises";
import type { RunResult } from "../compliance/run.js";
import { PortcullisError } from "../errors.js";
import { openBus } from "../compose.js";
import { createLogger } from "../observability/log.js";
import type { ScanOutcome } from "../store/merge-scan.js";
import { outlasting } from "../store/outage.js";
import type { Store } from "../store/store.js";
import { createWorker, type WorkerParts } from "./create-worker.js";
import { unpacked } from "./merge-shards.js";
import type { NewScan, RequestedScan } from "./shards.js";

export interface EndedScan extends Pick<RunResult, "report" | "problems"> {
  readonly id: string;
  readonly outcome: ScanOutcome;
}

export interface Waiting {
  readonly store: Store;
  readonly scan: NewScan;
  readonly note: (message: string) => void;
  readonly progress: (message: string) => void;
}

const everyMs = 500;
const untakenAfterMs = 15_000;
const longestOutageMs = 600_000;

/** Throws PortcullisError when the scan comes to nothing. */
export async function distributedScan({ store, scan, note, progress }: Waiting): Promise<EndedScan> {
  const id = await store.shards.request(scan);
  note(`scan ${id}: asked for; it goes on also when this command does not`);
  const ended = await ending(id, { store, note, progress });
  const kept = await store.shards.report(id);
  if (ended.state === "finished" && ended.outcome !== null && kept !== null)
    return { id, outcome: ended.outcome, ...unpacked(kept) };
  throw new PortcullisError(
    "provider-unavailable",
    `scan ${id} was ${ended.state}${ended.error === null ? "" : `: ${ended.error}`}`,
  );
}

async function ending(id: string, { store, note, progress }: Omit<Waiting, "scan">): Promise<RequestedScan> {
  let taken = performance.now();
  for (;;) {
    const scan = await outlasting(() => store.shards.get(id), { longest: longestOutageMs, notify: note });
    if (scan === null) throw new PortcullisError("store-unavailable", `scan ${id} is not in the database any more`);
    if (scan.state !== "open") return scan;
    progress(progressOf(scan));
    if (!scan.isUntaken) taken = performance.now();
    else if (performance.now() - taken > untakenAfterMs) {
      note(
        "no worker takes the scan: is one running, on this database, with the same policies, parameters and version?",
      );
      taken = Number.POSITIVE_INFINITY;
    }
    await sleep(everyMs);
  }
}

function progressOf({ phase, shards: { total, done, failed, running, resources } }: RequestedScan): string {
  if (phase !== "reading") return `${phase}, ${resources} resources read`;
  const given = failed === 0 ? "" : `, ${failed} given up`;
  return `${done} of ${total} shards done, ${running} under way${given}, ${resources} resources read`;
}

/** The same, with a worker of its own: where nobody else can open the store. */
export async function scanInThisProcess(
  waiting: Waiting,
  parts: Pick<WorkerParts, "store" | "run" | "config" | "waiverFiles" | "own">,
): Promise<EndedScan> {
  const log = createLogger({ level: "silent", version: parts.run.version });
  const bus = await openBus(undefined, log);
  const worker = await createWorker({ ...parts, bus, log, metrics: null });
  await worker.start();
  try {
    return await distributedScan({
      ...waiting,
      note: (message) => {
        if (!message.startsWith("scan ")) waiting.note(message);
      },
    });
  } finally {
    await worker.stop(0);
    await bus.close();
  }
}
