// Ends what is past its time: asks the gate to destroy it, as anybody has to, and has run what is allowed. What failed or was denied
// is tried again, ever more seldom; what a person rejected is not. One process of several does it at a time.
import type { Caller } from "../../audit/trail.js";
import type { Clock } from "../../clock.js";
import { messageOf } from "../../errors.js";
import { LeaseHolder } from "../../events/lease-holder.js";
import type { Logger } from "../../observability/log.js";
import type { Metrics } from "../../observability/metrics.js";
import type { Part } from "../../service/part.js";
import { PollLoop } from "../../service/poll-loop.js";
import type { Leases } from "../../store/outbox-leases.js";
import type { Actions, StoredAction } from "../actions.js";
import type { Environments } from "./environments.js";

export interface ExpireOptions {
  readonly actions: Pick<Actions, "request" | "get" | "list">;
  /** Runs an action that is ready or paused, at once or soon. */
  readonly run: (id: string, caller: Caller) => Promise<void>;
  readonly environments: Environments;
  readonly clock: Clock;
  readonly log: Logger;
  readonly origin: string;
  /** What this process tried in vain, by what it tried. */
  readonly tries?: Map<string, Tries>;
}

export interface ExpiryOptions extends ExpireOptions {
  readonly leases: Leases;
  readonly metrics: Pick<Metrics, "environmentsOverdue">;
  /** Between two looks. */
  readonly everyMs?: number;
}

export interface Tries {
  readonly count: number;
  readonly at: number;
}

const leaseMs = 60_000;
const mostLookedAt = 10_000;
/** What is tried in one look. */
const mostTried = 20;
const mostAttempts = 200;
const day = 86_400_000;

export function createExpiryPart(options: ExpiryOptions): Part {
  const { leases, log, metrics, origin, everyMs = 60_000 } = options;
  const lease = new LeaseHolder(leases, { name: "expiry", holder: origin, ms: Math.max(leaseMs, 2 * everyMs) });
  const tries = options.tries ?? new Map<string, Tries>();
  const loop = new PollLoop({
    pollMs: everyMs,
    look: async (signal) => {
      if (await lease.isHeld()) metrics.environmentsOverdue.set(await expireDue({ ...options, tries }, signal));
    },
    failed: (error) => {
      const trouble = messageOf(error).slice(0, 200);
      log.warn(`environments that are past their time could not be looked at: ${trouble}`);
      return trouble;
    },
    ended: () => lease.release(),
  });
  return {
    name: "expiry",
    start: () => loop.start(),
    trouble: () => loop.trouble(),
    stop: (graceMs) => loop.stop(graceMs),
  };
}

/** How many are past their time although their end was tried. What is stuck keeps none of the others from being ended. */
export async function expireDue(options: ExpireOptions, signal: AbortSignal): Promise<number> {
  const { environments, clock } = options;
  const expiry = new Expiry(options);
  for (const due of await environments.expired(clock.now(), mostLookedAt)) {
    if (signal.aborted || expiry.tried >= mostTried) break;
    await expiry.end(due);
  }
  return expiry.overdue;
}

type Due = Awaited<ReturnType<Environments["expired"]>>[number];

class Expiry {
  tried = 0;
  overdue = 0;
  readonly #options: ExpireOptions;
  readonly #caller: Caller;
  readonly #tries: Map<string, Tries>;

  constructor(options: ExpireOptions) {
    this.#options = options;
    this.#caller = { actor: { name: "expiry", source: "schedule" }, origin: options.origin };
    this.#tries = options.tries ?? new Map<string, Tries>();
  }

  /** Ids are made of the version and the attempt, so that two processes ask for the same. */
  async end({ name, what }: Due): Promise<void> {
    const { actions, environments } = this.#options;
    const first = `expire-${name}-${(await environments.get(name))?.version ?? 0}-${what}`;
    const query = {
      state: "all",
      kind: "provisioning.expire",
      target: `environment:${name}`,
      limit: mostAttempts,
    } as const;
    const attempts = (await actions.list(query)).actions.flatMap((action) => {
      const attempt = attemptOf(action.id, first);
      return attempt === null ? [] : [{ action, attempt }];
    });
    const [last] = attempts.sort((one, other) => other.attempt - one.attempt);
    if (last === undefined) return this.#ask(name, first);
    return this.#goOn(name, first, last);
  }

  async #goOn(
    name: string,
    first: string,
    { action, attempt }: { action: StoredAction; attempt: number },
  ): Promise<void> {
    switch (action.state) {
      case "running":
      case "rolling-back":
      case "needs-approval":
        return;
      case "ready":
        return this.#run(name, action.id);
      case "rejected":
        this.overdue++;
        return;
      case "paused":
        this.overdue++;
        return this.#run(name, action.id);
      default:
        this.overdue++;
        if (this.#now() < Date.parse(action.endedAt ?? action.requestedAt) + pause(attempt, 5)) return;
        return this.#ask(name, `${first}-${attempt + 1}`);
    }
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }

  async #ask(name: string, id: string): Promise<void> {
    await this.#inTurn(name, id, async () => {
      const { actions, log } = this.#options;
      const request = { kind: "provisioning.expire", parameters: { environment: name }, reason: "it is past its time" };
      const asked = await actions.request(request, { ...this.#caller.actor, roles: [] }, this.#caller, id);
      log.info(`environment ${name} is past its time; action ${id} is ${asked.state}`);
      if (asked.state === "ready") await this.#options.run(id, this.#caller);
    });
  }

  async #run(name: string, id: string): Promise<void> {
    await this.#inTurn(name, id, () => this.#options.run(id, this.#caller));
  }

  /** What was tried in vain waits its turn, longer each time. */
  async #inTurn(name: string, id: string, work: () => Promise<void>): Promise<void> {
    const { count, at } = this.#tries.get(id) ?? { count: 0, at: 0 };
    if (count > 0 && this.#now() < at + pause(count, 1)) return;
    this.tried++;
    if (this.#tries.size >= mostLookedAt) this.#tries.clear();
    this.#tries.set(id, { count: count + 1, at: this.#now() });
    try {
      await work();
    } catch (error) {
      await this.#failed(name, id, error);
    }
  }

  async #failed(name: string, id: string, error: unknown): Promise<void> {
    const { actions, log } = this.#options;
    const state = (await actions.get(id))?.state;
    // Another process was faster.
    if (state === "running" || state === "succeeded") return;
    if (state === undefined) this.overdue++;
    const reason = messageOf(error).slice(0, 500);
    log.warn({ environment: name, action: id, reason }, "an environment is past its time and could not be ended");
  }
}

function attemptOf(id: string, first: string): number | null {
  if (id === first) return 1;
  const [, number] = /^-(\d{1,6})$/.exec(id.startsWith(first) ? id.slice(first.length) : "") ?? [];
  return number === undefined ? null : Number(number);
}

/** So many minutes, doubled each time, and at most a day. */
function pause(count: number, minutes: number): number {
  return Math.min(day, minutes * 60_000 * 2 ** (count - 1));
}
