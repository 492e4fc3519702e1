// The scheduler as a part of the service. Each run is a process of its own, so that a scan takes neither time nor memory from the API.
import { packageFile } from "../package-root.js";
import { runScanProcess } from "../schedules/scan-process.js";
import { commandOf, type Schedule } from "../schedules/schedule.js";
import { createScheduler, type Scheduler } from "../schedules/scheduler.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../observability/log.js";
import type { Store } from "../store/store.js";
import type { Part } from "./part.js";

export interface SchedulerPartOptions {
  readonly schedules: readonly Schedule[];
  /** On PostgreSQL: a scan could not open the embedded store while the service has it. */
  readonly store: Pick<Store, "schedules">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly replica: string;
  /** Of the scan's command line: where the configuration and the data are. */
  readonly flags: readonly string[];
  readonly databaseUrl: string;
}

const parallel = 2;

export function createSchedulerPart(options: SchedulerPartOptions): Part {
  const { schedules, store, clock, log, replica, flags, databaseUrl } = options;
  // The address of the database goes by the environment: arguments can be read by every user of the machine.
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const program = packageFile("dist", "src", "cli", "main.js");
  let scheduler: Scheduler | null = null;
  return {
    name: "scheduler",
    start() {
      scheduler = createScheduler({
        ...{ schedules, replica, parallel, clock },
        access: { exclusive: false, use: (work) => work(store.schedules), close: () => Promise.resolve() },
        execute: (schedule, _run, signal) => {
          const { name, timeoutMs } = schedule;
          const args = [commandOf(schedule), "--schedule", name, ...flags, "--no-progress"];
          return runScanProcess({ program, args, env, timeoutMs }, signal);
        },
        note: (message) => {
          log.info({ part: "scheduler" }, message);
        },
      });
      scheduler.start();
      return Promise.resolve();
    },
    trouble: () => Promise.resolve(scheduler === null ? "not started" : null),
    async stop(graceMs) {
      await scheduler?.stop(graceMs);
    },
  };
}
