// Health gates: an environment counts as healthy after so many good answers in a row, within a time.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { PortcullisError, messageOf } from "../../errors.js";
import type { ActionContext } from "../action.js";
import type { HealthCheck } from "./environment-settings.js";
import { inputOf } from "./environment.js";
import type { OutputsByStack } from "./stacks.js";

const answerMs = 10_000;

/** Throws `provider-unavailable` for the first that does not become healthy in time, saying what it answered last. */
export async function waitUntilHealthy(
  checks: readonly HealthCheck[],
  outputs: OutputsByStack,
  context: ActionContext,
): Promise<readonly string[]> {
  const named = checks.map((check) => ({ check, address: addressOf(check, outputs) }));
  await Promise.all(named.map((one) => becomesHealthy(one, context)));
  return named.map(({ check, address }) => check.name ?? address);
}

interface Checking {
  readonly check: HealthCheck;
  readonly address: string;
}

async function becomesHealthy({ check, address }: Checking, { say, signal }: ActionContext): Promise<void> {
  const { healthy = 3, interval = 2, within = 120 } = check;
  const end = performance.now() + within * 1_000;
  for (let good = 0, last = "no answer"; ;) {
    const trouble = await troubleOf(check, address, signal);
    good = trouble === null ? good + 1 : 0;
    last = trouble ?? last;
    if (good >= healthy) {
      say(`${check.name ?? address} is healthy`);
      return;
    }
    if (performance.now() + interval * 1_000 > end)
      throw new PortcullisError(
        "provider-unavailable",
        `${check.name ?? address} was not healthy within ${within} s: ${trouble ?? `only ${good} good answers in a row, before that: ${last}`}`,
      );
    await wait(interval * 1_000, undefined, { signal });
  }
}

/** Null while it answers as it should. */
async function troubleOf(check: HealthCheck, address: string, signal: AbortSignal): Promise<string | null> {
  signal.throwIfAborted();
  try {
    if ("tcp" in check) return await connects(address);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const answer = await fetch(address, { redirect: "manual", signal: limit });
    await answer.body?.cancel();
    const wanted = check.status ?? 200;
    return answer.status === wanted ? null : `it answered ${answer.status}, expected ${wanted}`;
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return messageOf(cause).slice(0, 200);
  }
}

function connects(address: string): Promise<string | null> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const port = Number(address.slice(colon + 1));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve(`${address} has no port`);
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerMs });
    const done = (trouble: string | null): void => {
      socket.destroy();
      resolve(trouble);
    };
    socket.once("connect", () => {
      done(null);
    });
    socket.once("timeout", () => {
      done("no answer");
    });
    socket.once("error", (error) => {
      done(error.message);
    });
  });
}

/** `{web.url}` is what the stack `web` puts out as `url`. What is sensitive is not part of an address. */
export function addressOf(check: HealthCheck, outputs: OutputsByStack): string {
  const text = "http" in check ? check.http : check.tcp;
  return text.replaceAll(/\{([^{}]+)\}/g, (_, input: string) => {
    const { stack, output } = inputOf(input);
    const found = outputs.get(stack)?.get(output);
    if (found === undefined || found.sensitive || (typeof found.value !== "string" && typeof found.value !== "number"))
      throw new PortcullisError(
        "config-invalid",
        `the health check ${text} needs ${input}, which is no text or number that a stack puts out`,
      );
    return String(found.value);
  });
}
