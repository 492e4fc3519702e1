// Brings changes of findings to destinations besides the broker. One process of several works at a time; a destination that is
// down waits by itself, and holds up no other.
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.js";
import type { LinkTemplates } from "../compliance/links.js";
import { LeaseHolder } from "../events/lease-holder.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import type { Part } from "../service/part.js";
import { PollLoop } from "../service/poll-loop.js";
import type { Store } from "../store/store.js";
import type { AlertSettings, Destination } from "./alert-settings.js";
import { deliver, defaultResend, type Delivering } from "./deliver.js";
import { planMessages } from "./plan.js";
import { resendOpen } from "./resend.js";

export interface AlertsOptions {
  readonly store: Pick<Store, "alerts" | "outbox" | "listFindings">;
  readonly settings: AlertSettings;
  readonly links: LinkTemplates;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "alerts">;
  readonly environment: NodeJS.ProcessEnv;
  /** This process among its replicas; never the same twice. */
  readonly holder: string;
  readonly pollMs?: number;
  /** Between two messages to Slack, which takes one a second. */
  readonly slackMs?: number;
  readonly leaseMs?: number;
}

export function createAlertsPart(options: AlertsOptions): Part {
  return new AlertsPart(options);
}

const firstPause = 1_000;
const longestPause = 300_000;
const perPlan = 1_000;
const pruneEvery = 3_600_000;

interface State {
  isBusy: boolean;
  failures: number;
  /** By the process's own clock. */
  notBefore: number;
  resendAt: number;
}

class AlertsPart implements Part {
  readonly name = "alerts";
  readonly #options: Required<AlertsOptions>;
  readonly #destinations: readonly Destination[];
  readonly #lease: LeaseHolder;
  readonly #loop: PollLoop;
  readonly #states = new Map<string, State>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #delivering: Delivering;
  #pruneAt = 0;
  #unlisten: (() => void) | null = null;

  constructor(options: AlertsOptions) {
    this.#options = { pollMs: 500, slackMs: 1_100, leaseMs: 10_000, ...options };
    const { store, settings, holder, leaseMs, environment, clock, links } = this.#options;
    this.#destinations = settings.destinations ?? [];
    this.#lease = new LeaseHolder(store.outbox.leases, { name: "alerts", holder, ms: leaseMs });
    this.#loop = new PollLoop({
      pollMs: this.#options.pollMs,
      look: async () => {
        if (await this.#lease.isHeld()) await this.#step();
      },
      failed: (error) => {
        options.log.warn({ err: error }, "alerts cannot be read; trying again");
        return "alerts cannot be read from the database";
      },
      ended: async () => {
        await Promise.all(this.#underWay);
        await this.#lease.release();
      },
    });
    this.#delivering = {
      ...{ environment, links, now: () => clock.now() },
      findings: (fingerprints) => store.alerts.findings(fingerprints, clock.now().toISOString()),
    };
  }

  start(): Promise<void> {
    this.#unlisten ??= this.#options.store.outbox.onCommit(() => {
      this.#loop.wake();
    });
    return this.#loop.start();
  }

  /** A destination that is down is none of the service's own: it is in the metrics, the log and `portcullis alerts list`. */
  trouble(): Promise<string | null> {
    return this.#loop.trouble();
  }

  stop(graceMs: number): Promise<void> {
    this.#unlisten?.();
    return this.#loop.stop(graceMs);
  }

  async #step(): Promise<void> {
    await this.#plan();
    const waiting = new Set(await this.#options.store.alerts.waiting());
    for (const destination of this.#destinations) {
      const state = this.#stateOf(destination);
      const isDue = waiting.has(destination.name) || state.resendAt <= performance.now();
      if (isDue && !state.isBusy && state.notBefore <= performance.now()) this.#begin(destination, state);
    }
    if (this.#pruneAt > performance.now()) return;
    this.#pruneAt = performance.now() + pruneEvery;
    await this.#options.store.alerts.prune();
  }

  async #plan(): Promise<void> {
    const { store, settings, clock } = this.#options;
    const plan = planMessages(this.#destinations, () => clock.newId());
    const olderThanMs = (settings.group ?? 5) * 1_000;
    while (!this.#loop.isStopping && this.#lease.isValid()) {
      const taken = await store.alerts.plan({ olderThanMs, limit: perPlan, plan });
      if (taken < perPlan) return;
      await this.#lease.isHeld();
    }
  }

  #stateOf({ name, kind }: Destination): State {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    const made = { isBusy: false, failures: 0, notBefore: 0, resendAt: kind === "alertmanager" ? 0 : Infinity };
    this.#states.set(name, made);
    return made;
  }

  #begin(destination: Destination, state: State): void {
    state.isBusy = true;
    const work = this.#serve(destination, state)
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error, destination: destination.name }, "alerts could not be delivered");
        state.notBefore = performance.now() + firstPause;
      })
      .finally(() => {
        state.isBusy = false;
        this.#underWay.delete(work);
        this.#loop.wake();
      });
    this.#underWay.add(work);
  }

  /** Sends what is pending, one after the other, until nothing is or one fails. */
  async #serve(destination: Destination, state: State): Promise<void> {
    while (!this.#loop.isStopping && this.#lease.isValid()) {
      const message = await this.#options.store.alerts.next(destination.name);
      if (message === null) break;
      if (!(await this.#deliver(destination, state, message))) return;
      if (destination.kind === "slack") await sleep(this.#options.slackMs);
    }
    if (state.resendAt <= performance.now()) await this.#resend(destination, state);
  }

  async #deliver(destination: Destination, state: State, message: Parameters<typeof deliver>[1]): Promise<boolean> {
    const { alerts } = this.#options.store;
    const outcome = await deliver(destination, message, this.#delivering);
    if (outcome.kind === "sent") {
      await alerts.sent(message.id);
      state.failures = 0;
      this.#count(destination, "sent");
      return true;
    }
    if (outcome.kind === "refused") {
      await alerts.failed(message.id, outcome.error);
      this.#count(destination, "failed");
      this.#options.log.error({ destination: destination.name, reason: outcome.error }, "an alert was refused");
      return true;
    }
    this.#defer(destination, state, outcome);
    await alerts.deferred(message.id, outcome.error);
    const given = await alerts.giveUp(destination.name, giveUpMs(destination), `given up: ${outcome.error}`);
    this.#count(destination, "failed", given);
    return false;
  }

  #defer(destination: Destination, state: State, { error, afterMs }: { error: string; afterMs: number | null }): void {
    const backoff =
      Math.min(longestPause, firstPause * 2 ** Math.min(state.failures++, 20)) * (0.5 + Math.random() / 2);
    state.notBefore = performance.now() + Math.max(backoff, afterMs ?? 0);
    this.#count(destination, "retried");
    this.#options.log.warn({ destination: destination.name, reason: error }, "alerts wait for their destination");
  }

  async #resend(destination: Destination, state: State): Promise<void> {
    const outcome = await resendOpen(destination, this.#options.store, this.#delivering);
    if (outcome.kind !== "sent") {
      const afterMs = outcome.kind === "deferred" ? outcome.afterMs : null;
      this.#defer(destination, state, { error: outcome.error, afterMs });
      return;
    }
    const seconds = destination.kind === "alertmanager" ? (destination.resend ?? defaultResend) : Infinity;
    state.failures = 0;
    state.resendAt = performance.now() + seconds * 1_000;
  }

  #count({ name }: Destination, status: "sent" | "retried" | "failed", count = 1): void {
    if (count > 0) this.#options.metrics.alerts.inc({ destination: name, status }, count);
  }
}

function giveUpMs({ giveUp = "24h" }: Destination): number {
  const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[giveUp.slice(-1)] ?? 3_600_000;
  return Number(giveUp.slice(0, -1)) * unit;
}
