// A database that goes away for a while: a server that restarts, a failover, a network that was cut.
import { setTimeout as sleep } from "node:timers/promises";
import { PortcullisError } from "../errors.js";
import { sqlState } from "./database-error.js";

export interface Patience {
  /** How long the database may be away, in milliseconds. */
  readonly longest: number;
  /** Told once when it went away, and once when it is back. */
  readonly notify: (message: string) => void;
}

const firstPause = 100;
const longestPause = 5_000;

/**
 * Does the work again until the database is back. The work must be such that doing it twice is the same as doing it once: a
 * connection that breaks does not say whether its last statement was kept.
 */
export async function outlasting<T>(work: () => Promise<T>, { longest, notify }: Patience): Promise<T> {
  const started = performance.now();
  let away = false;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      const result = await work();
      if (away) notify(`the database is back after ${seconds(started)} s; nothing was lost`);
      return result;
    } catch (error) {
      if (!mayReturn(error) || performance.now() - started + pause > longest) throw error;
      if (!away)
        notify(`the database went away (${(error as Error).message}); waiting for it, up to ${longest / 1000} s`);
      away = true;
    }
    await sleep(pause);
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

/** A wrong password or a database that does not exist does not mend itself, and a store that was closed here stays closed. */
function mayReturn(error: unknown): boolean {
  if (!(error instanceof PortcullisError) || error.code !== "store-unavailable" || error.cause === undefined)
    return false;
  const state = sqlState(error.cause);
  return state === null || !/^(28|3D)/.test(state);
}
