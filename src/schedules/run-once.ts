// One run on demand, held as the scheduler holds its own.
import { holdRun } from "./hold-run.js";
import type { Outcome } from "./runs.js";
import type { Schedule } from "./schedule.js";
import type { Execute, RunsAccess } from "./scheduler.js";

export interface RunOnceOptions {
  readonly access: RunsAccess;
  readonly replica: string;
  readonly execute: Execute;
}

/** Null when a run of the schedule goes on already: that is written down. One that its replica left unfinished is taken over. */
export async function runOnce(
  schedule: Schedule,
  { access, replica, execute }: RunOnceOptions,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { name } = schedule;
  const run = await access.use(async (runs) => {
    const [left] = await runs.resume({ schedules: [name], replica, lapsed: true });
    return left ?? runs.trigger({ schedule: name, replica });
  });
  if (run === null) return null;
  const work = async (aborted: AbortSignal): Promise<Outcome> => notResumed(await execute(schedule, run, aborted));
  return holdRun(run, { access, signal, work, note: () => undefined });
}

/** Whoever asked for it is there to ask again. */
function notResumed(outcome: Outcome): Outcome {
  return outcome.status === "interrupted" ? { ...outcome, status: "failed" } : outcome;
}
