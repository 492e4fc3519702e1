// One run from its claim to its outcome. The lease is renewed all the time, while it waits for its turn as well.
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.js";
import type { ClaimedRun, Outcome } from "./runs.js";
import type { RunsAccess } from "./scheduler.js";

export interface HoldOptions {
  readonly access: RunsAccess;
  /** Ends the work. */
  readonly signal: AbortSignal;
  readonly work: (signal: AbortSignal) => Promise<Outcome>;
  readonly note: (message: string) => void;
}

/** Without a database it is tried again so often. */
export const retryMs = 1_000;

/** Null when the run was lost: somebody else has it now, and what was done here counts for nothing. */
export async function holdRun(run: ClaimedRun, options: HoldOptions): Promise<Outcome | null> {
  const done = new AbortController();
  const lost = new AbortController();
  const renewal = options.access.exclusive
    ? Promise.resolve()
    : renew(run, options.access, { done: done.signal, lost });
  try {
    const outcome = await outcomeOf(options.work(AbortSignal.any([options.signal, lost.signal])));
    done.abort(); // a renewal after the outcome would find nothing to renew
    await renewal;
    return lost.signal.aborted ? null : await finish(run, outcome, options);
  } finally {
    done.abort();
    await renewal;
  }
}

async function renew(
  run: ClaimedRun,
  access: RunsAccess,
  { done, lost }: { readonly done: AbortSignal; readonly lost: AbortController },
): Promise<void> {
  let wait = retryMs;
  while (await hasPassed(wait, done)) {
    try {
      const { held, leaseMs } = await access.use(async (runs) => ({
        held: await runs.renew(run),
        leaseMs: runs.leaseMs,
      }));
      if (!held) lost.abort();
      wait = leaseMs / 3;
    } catch {
      wait = retryMs; // the database is away: what looks for due times says so
    }
    if (lost.signal.aborted) return;
  }
}

/** False when the signal came first. */
async function hasPassed(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

/** As often as it takes: the outcome of a scan is not lost to a restart of the database. */
async function finish(run: ClaimedRun, outcome: Outcome, options: HoldOptions): Promise<Outcome | null> {
  for (;;) {
    try {
      const kept = await options.access.use((runs) => runs.finish(run, outcome));
      return kept ? outcome : null;
    } catch (error) {
      options.note(`the outcome of the run of ${run.due.toISOString()} could not be kept: ${messageOf(error)}`);
      // Its lease lapses, and another scheduler resumes it.
      if (options.signal.aborted) return null;
      await sleep(retryMs);
    }
  }
}

async function outcomeOf(work: Promise<Outcome>): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    return { status: "failed", scan: null, exitCode: null, message: messageOf(error) };
  }
}
