// Ends what is past its time: asks the gate to destroy it, as anybody has to, and runs what is allowed.
import type { Caller } from "../../audit/trail.js";
import type { Clock } from "../../clock.js";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import type { Part } from "../../service/part.js";
import { PollLoop } from "../../service/poll-loop.js";
import type { Actions } from "../actions.js";
import type { Environments } from "./environments.js";

export interface ExpiryOptions {
  readonly actions: Pick<Actions, "request" | "run" | "get">;
  readonly environments: Environments;
  readonly clock: Clock;
  readonly log: Logger;
  readonly origin: string;
  /** Between two looks. */
  readonly everyMs?: number;
}

const mostAtOnce = 20;

export function createExpiryPart(options: ExpiryOptions): Part {
  const loop = new PollLoop({
    pollMs: options.everyMs ?? 60_000,
    look: (signal) => expireDue(options, signal),
    failed: (error) => {
      const trouble = messageOf(error).slice(0, 200);
      options.log.warn(`environments that are past their time could not be looked at: ${trouble}`);
      return trouble;
    },
  });
  return {
    name: "expiry",
    start: () => loop.start(),
    trouble: () => loop.trouble(),
    stop: (graceMs) => loop.stop(graceMs),
  };
}

/** One request for each version: what was denied is not asked for again and again. */
export async function expireDue(
  { actions, environments, clock, log, origin }: Omit<ExpiryOptions, "everyMs">,
  signal: AbortSignal,
): Promise<void> {
  const caller: Caller = { actor: { name: "expiry", source: "schedule" }, origin };
  for (const { name, what } of await environments.expired(clock.now(), mostAtOnce)) {
    if (signal.aborted) return;
    const id = `expire-${name}-${(await environments.get(name))?.version ?? 0}-${what}`;
    if ((await actions.get(id)) !== null) continue;
    const request = { kind: "provisioning.expire", parameters: { environment: name }, reason: "it is past its time" };
    try {
      const asked = await actions.request(request, { ...caller.actor, roles: [] }, caller, id);
      if (asked.state === "ready") await actions.run(id, caller);
      else log.info(`environment ${name} is past its time; action ${id} is ${asked.state}`);
    } catch (error) {
      log.warn(`environment ${name} is past its time and could not be ended: ${messageOf(error).slice(0, 500)}`);
    }
  }
}
