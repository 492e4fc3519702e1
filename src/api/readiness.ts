// Whether the service can do its work: asked of the database and of every part, at most once a second however often it is asked.
import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "./services.js";

export interface Readiness {
  /** Names of what is in trouble; empty when all is well. Never throws; answers within a few seconds. */
  trouble(): Promise<readonly string[]>;
  /** From now on it is not ready, whatever works. */
  stop(): void;
}

const freshMs = 1_000;
const patienceMs = 3_000;

export function createReadiness({ store, parts, log }: Pick<Services, "store" | "parts" | "log">): Readiness {
  let [askedAt, stopping] = [-Infinity, false];
  let answer: Promise<readonly string[]> = Promise.resolve([]);
  const checks: readonly Check[] = [
    { name: "store", ask: () => store.check().then(() => null) },
    ...parts.map((part) => ({ name: part.name, ask: () => part.trouble() })),
  ];
  return {
    trouble() {
      if (stopping) return Promise.resolve(["stopping"]);
      if (performance.now() - askedAt < freshMs) return answer;
      askedAt = performance.now();
      answer = ask(checks, log);
      return answer;
    },
    stop() {
      stopping = true;
    },
  };
}

interface Check {
  readonly name: string;
  readonly ask: () => Promise<string | null>;
}

async function ask(checks: readonly Check[], log: Services["log"]): Promise<readonly string[]> {
  const answers = await Promise.all(checks.map(async ({ name, ask: one }) => [name, await inTime(one)] as const));
  const troubled = answers.filter(([, trouble]) => trouble !== null);
  for (const [name, trouble] of troubled) log.warn({ part: name }, `not ready: ${name}: ${trouble ?? ""}`);
  return troubled.map(([name]) => name);
}

async function inTime(one: () => Promise<string | null>): Promise<string | null> {
  const timer = new AbortController();
  const limit = sleep(patienceMs, "does not answer", { signal: timer.signal }).catch(() => null);
  try {
    return await Promise.race([one(), limit]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    timer.abort();
  }
}
