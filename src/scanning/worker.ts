// A worker: takes shards of scans, one after the other or some at once, and does them. Messages tell it of shards at once; what
// no message tells of it finds in the database, so that scans go on while the broker is away, and where there is none.
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.js";
import type { Delivery, EventBus, Subscription } from "../events/bus.js";
import { topics } from "../events/topics.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import { traced } from "../observability/trace.js";
import { redactText } from "../redact.js";
import type { Part } from "../service/part.js";
import { outlasting } from "../store/outage.js";
import { hintOf, hintMessage } from "./hints.js";
import { doShard, Hopeless, type ShardWorkOptions } from "./shard-work.js";
import { LostShard, type ClaimedShard, type ShardHint, type ShardKind } from "./shards.js";

export interface WorkerOptions extends Omit<ShardWorkOptions, "persist" | "notify"> {
  readonly bus: EventBus;
  readonly log: Logger;
  readonly metrics: Metrics | null;
  /** As it is shown: host and process. */
  readonly name: string;
  /** The digest of the policies that this worker has. */
  readonly policies: string;
  /** Shards at once. */
  readonly concurrency: number;
  /** A shard that takes longer is given up, to be tried again. */
  readonly shardTimeoutMs: number;
}

const subscription = "portcullis-workers";
/** A hint that is older may be lost: who has nothing to do looks for itself. */
const lostAfterMs = 5_000;
const hintAgainAfterMs = 60_000;
const longestOutageMs = 600_000;
/** Messages about scans that want other policies go round so often among workers, until the sweeper sends another. */
const mostPasses = 5;

/** To hand back what was not done. What is still at work then, another takes over when its lease has lapsed. */
const longestGoodbyeMs = 5_000;

class Draining extends Error {}

export class Worker implements Part {
  readonly name = "worker";
  readonly #options: WorkerOptions;
  readonly #work: ShardWorkOptions;
  readonly #busy = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  readonly #stopping = new AbortController();
  readonly #drain = new AbortController();
  readonly #skewed = new Set<string>();
  #slots: number;
  #isMerging = false;
  #subscription: Subscription | null = null;
  #polling: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#slots = options.concurrency;
    const notify = (message: string): void => {
      options.log.info(message);
    };
    const persist = <T>(write: () => Promise<T>): Promise<T> =>
      outlasting(write, {
        longest: longestOutageMs,
        notify: (message) => {
          options.log.warn(message);
        },
      });
    this.#work = { ...options, notify, persist };
  }

  async start(): Promise<void> {
    const { bus, run, concurrency, shardTimeoutMs, store } = this.#options;
    run.evaluation.begin([], []);
    this.#polling = this.#poll();
    const ackTimeoutMs = shardTimeoutMs + store.shards.limits.leaseMs;
    this.#subscription = await bus.subscribe(
      { topics: [topics.scanShards], subscription, kind: "shared", prefetch: concurrency, ackTimeoutMs },
      (delivery) => {
        this.#track(this.#onHint(delivery));
      },
    );
  }

  async trouble(): Promise<string | null> {
    if (this.#stopping.signal.aborted) return "it is stopping";
    if (this.#polling === null) return "it was not started";
    const answer = this.#options.store.shards.depth().then(
      () => null,
      () => "the database does not answer",
    );
    return Promise.race([answer, sleep(900, "the database does not answer", { ref: false })]);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    for (const next of this.#waiting.splice(0)) next();
    await this.#subscription?.close();
    await Promise.race([this.#settled(), sleep(graceMs, undefined, { ref: false })]);
    this.#drain.abort(new Draining("the worker stops"));
    await Promise.race([this.#settled(), sleep(longestGoodbyeMs, undefined, { ref: false })]);
    await this.#polling;
    for (const source of this.#options.sources.values()) source.close();
  }

  /** Hints at what can be taken now; what is not delivered is found by those that look for themselves. */
  async hint(): Promise<void> {
    for (const hint of await this.#options.store.shards.hints(hintAgainAfterMs)) {
      try {
        await this.#options.bus.publish(hintMessage(hint));
      } catch (error) {
        this.#options.log.warn(
          { scan: hint.scan, shard: hint.shard },
          `a shard could not be hinted at: ${messageOf(error)}`,
        );
        return;
      }
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error: unknown) => {
        this.#options.log.error(`a shard could not be looked after: ${messageOf(error)}`);
      })
      .finally(() => this.#busy.delete(tracked));
    this.#busy.add(tracked);
  }

  async #settled(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  async #onHint(delivery: Delivery): Promise<void> {
    const hint = hintOf(delivery.body);
    if (hint === null) {
      this.#options.log.warn({ message: delivery.id }, "a message about a shard that is none was dropped");
      return delivery.ack();
    }
    if (hint.policies !== this.#options.policies) return this.#leave(delivery, hint);
    await this.#takeSlot();
    try {
      const isDone = !this.#isStopping && (await this.#takeHinted(hint));
      await (isDone ? delivery.ack() : delivery.nack());
    } catch (error) {
      this.#options.log.warn({ scan: hint.scan, shard: hint.shard }, `a shard could not be taken: ${messageOf(error)}`);
      await delivery.nack();
    } finally {
      this.#giveSlot();
    }
  }

  /** False: it is still to be taken, by somebody else or later. */
  async #takeHinted(hint: ShardHint): Promise<boolean> {
    const { shards } = this.#options.store;
    const claim = await shards.claim({ ...this.#claimant(), hint });
    if (claim === null) return !(await shards.isReady(hint));
    await this.#do(claim);
    return true;
  }

  #claimant() {
    const { name, policies } = this.#options;
    const kinds: ShardKind[] = this.#isMerging ? ["plan", "read"] : ["plan", "read", "merge"];
    return { worker: name, policies, kinds };
  }

  /** Versions differ among workers while they are updated: that is no fault, but somebody should know. */
  async #leave(delivery: Delivery, { scan }: ShardHint): Promise<void> {
    if (!this.#skewed.has(scan)) {
      this.#options.log.warn(
        { scan },
        "a scan was asked for with other policies than this worker has: it is left to others",
      );
      this.#skewed.add(scan);
    }
    await (delivery.redeliveries < mostPasses ? delivery.nack() : delivery.ack());
  }

  async #takeSlot(): Promise<void> {
    if (this.#slots > 0) this.#slots--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #giveSlot(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#slots++;
    else next();
  }

  async #poll(): Promise<void> {
    const { bus, store, log, metrics } = this.#options;
    const everyMs = bus.kind === "in-process" ? 1_000 : 3_000;
    let isAway = false;
    while (!this.#isStopping) {
      try {
        await this.#takeIdle();
        await store.shards.sweep();
        await this.hint();
        metrics?.queueDepth.set({ queue: "shards" }, await store.shards.depth());
        isAway = false;
      } catch (error) {
        if (!isAway) log.warn(`shards cannot be looked for: ${messageOf(error)}`);
        isAway = true;
      }
      await sleep(everyMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #takeIdle(): Promise<void> {
    // Without a broker nobody hints at what other processes have asked for.
    const hintedBefore = this.#options.bus.kind === "in-process" ? 0 : lostAfterMs;
    while (this.#slots > 0 && !this.#isStopping) {
      this.#slots--;
      const claim = await this.#claimIdle(hintedBefore);
      if (claim === null) return;
      this.#track(
        this.#do(claim).finally(() => {
          this.#giveSlot();
        }),
      );
    }
  }

  async #claimIdle(hintedBefore: number): Promise<ClaimedShard | null> {
    let claim: ClaimedShard | null = null;
    try {
      claim = await this.#options.store.shards.claim({ ...this.#claimant(), hintedBefore });
    } finally {
      if (claim === null) this.#giveSlot();
    }
    return claim;
  }

  async #do(claim: ClaimedShard): Promise<void> {
    // One merge at a time: the policies of this process look at the inventory of one scan.
    if (claim.kind === "merge" && this.#isMerging) return this.#options.store.shards.handBack(claim);
    const lost = new AbortController();
    const timeout = AbortSignal.timeout(claim.kind === "merge" ? mergeTimeoutMs : this.#options.shardTimeoutMs);
    const signal = AbortSignal.any([lost.signal, timeout, this.#drain.signal]);
    const beat = this.#keepLease(claim, lost);
    if (claim.kind === "merge") this.#isMerging = true;
    try {
      const { scan, shard, attempt, kind } = claim;
      await traced("scan.shard", { scan, shard, attempt, kind }, () => this.#finish(claim, signal));
    } finally {
      clearInterval(beat);
      if (claim.kind === "merge") this.#isMerging = false;
    }
  }

  #keepLease(claim: ClaimedShard, lost: AbortController): NodeJS.Timeout {
    const { shards } = this.#options.store;
    return setInterval(() => {
      shards.renew(claim).then(
        (isHeld) => {
          if (!isHeld) lost.abort(new LostShard(claim.shard));
        },
        () => undefined, // the database is away: whoever takes the shard over needs it too
      );
    }, shards.limits.leaseMs / 3);
  }

  async #finish(claim: ClaimedShard, signal: AbortSignal): Promise<void> {
    const { log, metrics } = this.#options;
    const { scan, shard, attempt } = claim;
    const started = performance.now();
    try {
      const counts = await doShard(claim, this.#work, signal);
      metrics?.shards.inc({ status: counts ? "done" : "repeated" });
      const took = Math.round(performance.now() - started);
      log.info({ scan, shard, attempt, took }, counts ? "shard done" : "shard done by another meanwhile");
      await this.hint();
    } catch (error) {
      await this.#giveUp(claim, signal.aborted ? signal.reason : error);
    }
  }

  async #giveUp(claim: ClaimedShard, error: unknown): Promise<void> {
    const { log, metrics, store } = this.#options;
    const { scan, shard, attempt } = claim;
    if (error instanceof LostShard) {
      metrics?.shards.inc({ status: "repeated" });
      log.warn(
        { scan, shard, attempt },
        "the shard was taken by another, or its scan has ended: what was read is dropped",
      );
    } else if (error instanceof Draining) {
      await this.#work.persist(() => store.shards.handBack(claim));
      log.info({ scan, shard, attempt }, "shard handed back");
      await this.hint();
    } else {
      metrics?.shards.inc({ status: "failed" });
      const message = isTimeout(error) ? "it took longer than it may" : redactText(messageOf(error)).slice(0, 1_000);
      log.error({ scan, shard, attempt }, `shard failed: ${message}`);
      await this.#work.persist(() => store.shards.failed(claim, message, { isOver: error instanceof Hopeless }));
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** The merge of very many resources takes its time. */
const mergeTimeoutMs = 60 * 60_000;
