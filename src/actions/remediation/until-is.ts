// Waits until a change shows: providers answer before they are done.
import { setTimeout as sleep } from "node:timers/promises";
import { PortcullisError } from "../../errors.js";

export interface Waiting {
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Adding a standby to a database takes that long. */
  readonly longestMs: number;
}

const defaults: Waiting = { firstPauseMs: 500, longestPauseMs: 15_000, longestMs: 30 * 60_000 };

export interface Awaited extends Partial<Waiting> {
  readonly title: string;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Throws `provider-unavailable` when it does not within the time, and what the signal has when it is aborted. */
export async function untilIs(look: () => Promise<boolean>, options: Awaited): Promise<void> {
  const { title, say, signal, firstPauseMs, longestPauseMs, longestMs } = { ...defaults, ...options };
  const deadline = Date.now() + longestMs;
  for (let pause = firstPauseMs; !(await look()); pause = Math.min(pause * 2, longestPauseMs)) {
    if (Date.now() + pause > deadline)
      throw new PortcullisError(
        "provider-unavailable",
        `${title}: it does not show after ${longestMs / 60_000} minutes`,
      );
    say("waits until it shows");
    await sleep(pause, undefined, { signal });
  }
}
