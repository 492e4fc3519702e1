// A claim while it is used: renewed in time, and its signal is aborted when it is lost, or when it can no longer be known.
import { setTimeout as sleep } from "node:timers/promises";
import { LostAction, type Claim, type Journal } from "./journal.js";

export interface Holding {
  readonly journal: Pick<Journal, "renew" | "letGo">;
  readonly leaseMs: number;
  /** Of the process: it stops. */
  readonly stopping: AbortSignal;
}

/** Does the work with the claim. Whatever ends it, the claim is let go, so that nobody waits for its end. */
export async function whileClaimed<T>(
  claim: Claim,
  { journal, leaseMs, stopping }: Holding,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const done = new AbortController();
  const renewing = keepRenewing(claim, { journal, leaseMs, lost, done: done.signal });
  try {
    return await work(AbortSignal.any([lost.signal, stopping]));
  } finally {
    done.abort();
    await renewing;
    if (!lost.signal.aborted) await journal.letGo(claim).catch(() => undefined);
  }
}

interface Renewing {
  readonly journal: Pick<Journal, "renew">;
  readonly leaseMs: number;
  readonly lost: AbortController;
  readonly done: AbortSignal;
}

async function keepRenewing(claim: Claim, { journal, leaseMs, lost, done }: Renewing): Promise<void> {
  // By this process's own clock, from before it was asked for.
  let renewed = performance.now();
  for (;;) {
    await sleep(leaseMs / 4, undefined, { signal: done }).catch(() => undefined);
    if (done.aborted) return;
    const asked = performance.now();
    try {
      await journal.renew(claim, leaseMs);
      renewed = asked;
    } catch (error) {
      const isOver = error instanceof LostAction || performance.now() - renewed > leaseMs * 0.8;
      if (!isOver) continue;
      lost.abort(new LostAction(claim.action));
      return;
    }
  }
}
