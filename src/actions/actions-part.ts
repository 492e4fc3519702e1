// Actions as a part of the service: it runs what was asked for, takes over what processes that are gone left unfinished, and counts.
import { messageOf, PortcullisError } from "../errors.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import type { Part } from "../service/part.js";
import { PollLoop } from "../service/poll-loop.js";
import type { RunWish } from "../store/action-runs.js";
import type { Store } from "../store/store.js";
import type { Actions, StoredAction } from "./actions.js";

export interface ActionsPartOptions {
  readonly actions: Pick<Actions, "run" | "rollback" | "recover" | "get" | "kinds"> & { close(): Promise<void> };
  readonly store: Pick<Store, "actionRuns" | "actionGauges">;
  readonly breaker: { readonly failures: number; readonly minutes: number };
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly holder: string;
  readonly pollMs?: number;
  /** Between two looks for what others left, and two counts. */
  readonly recoverMs?: number;
  /** How many actions run at once. */
  readonly parallel?: number;
  readonly leaseMs?: number;
}

export function createActionsPart(options: ActionsPartOptions): Part {
  return new ActionsPart(options);
}

class ActionsPart implements Part {
  readonly name = "actions";
  readonly #options: Required<ActionsPartOptions>;
  readonly #loop: PollLoop;
  readonly #underWay = new Set<Promise<void>>();
  #recovery: Promise<void> | null = null;
  #recoverAt = 0;

  constructor(options: ActionsPartOptions) {
    this.#options = { pollMs: 500, recoverMs: 10_000, parallel: 4, leaseMs: 30_000, ...options };
    this.#loop = new PollLoop({
      pollMs: this.#options.pollMs,
      look: async () => {
        await this.#begin();
        await this.#look();
      },
      failed: (error) => {
        options.log.warn({ err: error }, "actions cannot be read; trying again");
        return "actions cannot be read from the database";
      },
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  trouble(): Promise<string | null> {
    return this.#loop.trouble();
  }

  /** What runs is let go between two steps: another process goes on with it, or this one when it starts again. */
  stop(graceMs: number): Promise<void> {
    const closed = this.#options.actions.close();
    return this.#loop.stop(
      graceMs,
      closed.then(() => Promise.allSettled([this.#recovery, ...this.#underWay])),
    );
  }

  async #begin(): Promise<void> {
    const { store, holder, leaseMs, parallel } = this.#options;
    while (!this.#loop.isStopping && this.#underWay.size < parallel) {
      const wish = await store.actionRuns.take(holder, leaseMs);
      if (wish === null) return;
      const work = this.#fulfil(wish).finally(() => {
        this.#underWay.delete(work);
        this.#loop.wake();
      });
      this.#underWay.add(work);
    }
  }

  /** Never throws. */
  async #fulfil(wish: RunWish): Promise<void> {
    const { actions, store, holder, leaseMs, log } = this.#options;
    const { action: id, verb, reason, caller, roles = [] } = wish;
    const renewal = setInterval(() => {
      void store.actionRuns.renew(id, holder, leaseMs).catch(() => undefined);
    }, leaseMs / 3).unref();
    try {
      const ended = await (verb === "run"
        ? actions.run(id, caller)
        : actions.rollback(id, reason ?? "", { ...caller, roles }));
      await store.actionRuns.end(id, holder, refusalOf(wish, ended));
      log.info({ action: id, state: ended.state }, `action ${id} is ${ended.state}`);
    } catch (error) {
      await this.#failed(wish, error).catch((problem: unknown) => {
        log.warn({ err: problem, action: id }, "what became of an action could not be kept; it is looked at again");
      });
    } finally {
      clearInterval(renewal);
    }
  }

  /** What was begun is the journal's, whoever goes on with it; what could not be begun for an outage is tried again. */
  async #failed({ action: id, verb }: RunWish, error: unknown): Promise<void> {
    const { actions, store, holder, log } = this.#options;
    log.warn({ err: error, action: id }, `action ${id} could not be ${verb === "run" ? "run" : "rolled back"}`);
    const state = (await actions.get(id))?.state;
    const isBegun = state === "running" || state === "rolling-back";
    if (isBegun) await store.actionRuns.end(id, holder, null);
    else if (isOutage(error)) await store.actionRuns.putBack(id, holder, retryMs);
    else await store.actionRuns.end(id, holder, messageOf(error));
  }

  async #look(): Promise<void> {
    if (this.#recoverAt > performance.now()) return;
    this.#recoverAt = performance.now() + this.#options.recoverMs;
    this.#recovery ??= this.#recover().finally(() => {
      this.#recovery = null;
    });
    await this.#count();
  }

  async #recover(): Promise<void> {
    const { actions, log } = this.#options;
    try {
      const count = await actions.recover();
      if (count > 0) log.warn({ count }, "actions of processes that are gone were taken over");
    } catch (error) {
      if (!this.#loop.isStopping) log.warn({ err: error }, "unfinished actions cannot be taken over yet");
    }
  }

  async #count(): Promise<void> {
    const { store, metrics, breaker, actions } = this.#options;
    const gauges = [metrics.actions, metrics.actionBreakerOpen, metrics.actionsStopped, metrics.actionsAsked] as const;
    for (const gauge of gauges) gauge.reset();
    const found = await store.actionGauges(breaker.minutes);
    for (const { kind, state, count } of found.actions) metrics.actions.set({ kind, state }, count);
    for (const kind of actions.kinds.keys())
      metrics.actionBreakerOpen.set({ kind }, (found.failures.get(kind) ?? 0) >= breaker.failures ? 1 : 0);
    metrics.actionsStopped.set(found.isStopped ? 1 : 0);
    metrics.actionsAsked.set(found.waitingRuns);
  }
}

const retryMs = 5_000;

function isOutage(error: unknown): boolean {
  const codes = ["store-unavailable", "provider-unavailable", "broker-unavailable"];
  return error instanceof PortcullisError && codes.includes(error.code);
}

/** A run that was decided again may not have begun. */
function refusalOf({ verb }: RunWish, { state, message, decision }: StoredAction): string | null {
  if (verb === "run")
    return state === "needs-approval" || state === "expired" || state === "denied"
      ? (message ?? `it is ${state}`)
      : null;
  const isUndone = ["rolled-back", "failed", "paused", "rolling-back"].includes(state);
  return isUndone ? null : `the rollback is decided ${decision.answer}: see the action's decision`;
}
