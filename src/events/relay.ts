// Publishes what waits in the outbox. One relay works at a time, whoever holds the lease; events of one key go one after the
// other, those of different keys together. A row goes when the broker has it, so that a death at any point leads to a repeat
// (with the same id) and never to a loss.
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, PortcullisError } from "../errors.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import { inTraceOf, traced } from "../observability/trace.js";
import type { Part } from "../service/part.js";
import type { Outbox, OutboxRow } from "../store/outbox.js";
import { maximumMessageBytes, type EventBus } from "./bus.js";
import { LeaseHolder } from "./lease-holder.js";
import { Wake } from "./wake.js";

export interface RelayOptions {
  readonly outbox: Outbox;
  readonly bus: EventBus;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "published" | "publishSeconds">;
  /** This process among its replicas; never the same twice. */
  readonly holder: string;
  /** What is not told in this process is looked for so often. */
  readonly pollMs?: number;
  /** Under way at once, at most. */
  readonly window?: number;
  /** After so long without a sign of life another relay takes over. */
  readonly leaseMs?: number;
}

export function createRelay(options: RelayOptions): Part {
  return new Relay(options);
}

const firstPause = 200;
const longestPause = 5_000;
/** Of events under way. */
const mostBytes = 32 * 1024 * 1024;

interface Topic {
  /** Fails in a row. */
  failures: number;
  /** Nothing is read of it before, by the process's own clock. */
  notBefore: number;
  reason: string;
}

class Relay implements Part {
  readonly name = "outbox";
  readonly #options: Required<RelayOptions>;
  readonly #lease: LeaseHolder;
  readonly #wake = new Wake();
  /** With the length of each. */
  readonly #underWay = new Map<number, number>();
  #bytes = 0;
  /** By topic and key: the end of the queue, which tells whether all before it went well. */
  readonly #lanes = new Map<string, Promise<boolean>>();
  readonly #topics = new Map<string, Topic>();
  #published: OutboxRow[] = [];
  #removing: Promise<void> | null = null;
  #storeTrouble: string | null = null;
  #loop: Promise<void> | null = null;
  #unlisten: (() => void) | null = null;
  #isStopping = false;

  constructor(options: RelayOptions) {
    this.#options = { pollMs: 150, window: 500, leaseMs: 5_000, ...options };
    const { outbox, holder, leaseMs } = this.#options;
    this.#lease = new LeaseHolder(outbox.leases, { name: "outbox", holder, ms: leaseMs });
  }

  start(): Promise<void> {
    this.#unlisten ??= this.#options.outbox.onCommit(() => {
      this.#wake.wake();
    });
    this.#loop ??= this.#run();
    return Promise.resolve();
  }

  trouble(): Promise<string | null> {
    if (this.#storeTrouble !== null) return Promise.resolve(this.#storeTrouble);
    const failing = [...this.#topics].filter(([, { failures }]) => failures > 1);
    const [first] = failing;
    if (first === undefined) return Promise.resolve(null);
    return Promise.resolve(`events of ${failing.map(([topic]) => topic).join(", ")} wait: ${first[1].reason}`);
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#unlisten?.();
    this.#wake.wake();
    await Promise.race([this.#loop, sleep(graceMs, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    for (let pause = firstPause; !this.#isStopping;) {
      try {
        await this.#step();
        this.#storeTrouble = null;
        pause = firstPause;
      } catch (error) {
        this.#storeTrouble = "the outbox cannot be read";
        this.#options.log.warn({ err: error }, "the outbox cannot be read; trying again");
        await this.#wake.wait(pause);
        pause = Math.min(pause * 2, longestPause);
      }
    }
    await this.#drain();
  }

  /** One look at the outbox. */
  async #step(): Promise<void> {
    const { pollMs, leaseMs } = this.#options;
    this.#wake.clear();
    if (!(await this.#lease.isHeld())) return this.#wake.wait(leaseMs / 5);
    const rows = await this.#read();
    for (const row of rows) this.#take(row);
    // A full window goes on as soon as there is room; everything else waits to be told.
    if (rows.length === 0 || this.#room() === 0) await this.#wake.wait(pollMs);
  }

  #room(): number {
    const { window } = this.#options;
    const room = window - this.#underWay.size;
    return room < window / 4 || this.#bytes > mostBytes / 2 ? 0 : room;
  }

  async #read(): Promise<readonly OutboxRow[]> {
    const limit = this.#room();
    if (limit === 0) return [];
    const exceptTopics = [...this.#topics].filter(([, { notBefore }]) => notBefore > now()).map(([name]) => name);
    return this.#options.outbox.read({
      ...{ except: [...this.#underWay.keys()], exceptTopics, limit },
      bytes: mostBytes - this.#bytes,
    });
  }

  /** Puts the row at the end of its queue. */
  #take(row: OutboxRow): void {
    this.#underWay.set(row.seq, row.body.length);
    this.#bytes += row.body.length;
    const lane = row.key === null ? `${row.topic}\n${row.seq}` : `${row.topic}\n=${row.key}`;
    const before = this.#lanes.get(lane) ?? Promise.resolve(true);
    const after = before.then((isWell) => isWell && this.#publish(row));
    this.#lanes.set(lane, after);
    void after.then((isWell) => {
      if (this.#lanes.get(lane) === after) this.#lanes.delete(lane);
      if (!isWell) this.#leave(row.seq);
    });
  }

  /** True when what follows may go on. After a failure everything of the queue is left, and read again from its beginning. */
  async #publish(row: OutboxRow): Promise<boolean> {
    if (!this.#lease.isValid() || this.#isBlocked(row.topic)) return false;
    try {
      checkSize(row);
      await this.#send(row);
    } catch (error) {
      if (!isRefusal(error)) return this.#failed(row, error);
      return this.#park(row, error);
    }
    this.#topics.delete(row.topic);
    this.#options.metrics.published.inc({ topic: row.topic });
    this.#published.push(row);
    this.#removing ??= this.#removePublished();
    return true;
  }

  #send({ topic, key, body }: OutboxRow): Promise<void> {
    const properties = propertiesOf(body);
    const attributes = { "messaging.operation.type": "send", "messaging.destination.name": topic };
    return inTraceOf(properties["traceparent"], () =>
      traced(`publish ${topic}`, attributes, () => this.#options.bus.publish({ topic, key, properties, body })),
    );
  }

  #isBlocked(name: string): boolean {
    return (this.#topics.get(name)?.notBefore ?? 0) > now();
  }

  #failed({ topic: name }: OutboxRow, error: unknown): false {
    const topic = this.#topics.get(name) ?? { failures: 0, notBefore: 0, reason: "" };
    topic.reason = error instanceof PortcullisError ? error.message : "the broker does not take them";
    this.#topics.set(name, topic);
    if (topic.notBefore > now()) return false; // one of many that failed together
    topic.failures++;
    topic.notBefore = now() + Math.min(longestPause, firstPause * 2 ** topic.failures) * (0.5 + Math.random() / 2);
    this.#options.log.warn({ err: error, topic: name }, "events could not be published; they wait");
    return false;
  }

  async #park(row: OutboxRow, error: unknown): Promise<boolean> {
    this.#options.log.error({ err: error, topic: row.topic, id: row.id }, "an event was refused and is put aside");
    try {
      await this.#options.outbox.park(row.seq, messageOf(error).slice(0, 1_000));
    } catch {
      return false; // the database is away: it is refused again later
    }
    this.#leave(row.seq);
    return true;
  }

  /** Whatever was published meanwhile goes with the next statement. */
  async #removePublished(): Promise<void> {
    while (this.#published.length > 0) {
      const rows = this.#published.splice(0, 2_000);
      try {
        const ages = await this.#options.outbox.remove(rows.map(({ seq }) => seq));
        for (const age of ages) this.#options.metrics.publishSeconds.observe(age);
      } catch (error) {
        this.#options.log.warn({ err: error }, "published events could not be removed; they may be published again");
        this.#published.unshift(...rows);
        if (this.#isStopping) break;
        await sleep(firstPause);
        continue;
      }
      for (const { seq } of rows) this.#forget(seq);
      this.#wake.wake();
    }
    this.#removing = null;
  }

  #forget(seq: number): void {
    this.#bytes -= this.#underWay.get(seq) ?? 0;
    this.#underWay.delete(seq);
  }

  #leave(seq: number): void {
    this.#forget(seq);
    if (this.#underWay.size === 0) this.#wake.wake();
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#lanes.values());
    await this.#removing;
    await this.#lease.release();
  }
}

function now(): number {
  return performance.now();
}

function checkSize({ body }: OutboxRow): void {
  const bytes = Buffer.byteLength(body);
  if (bytes <= maximumMessageBytes) return;
  throw new PortcullisError("usage", `the event has ${bytes} bytes; at most ${maximumMessageBytes} are published`);
}

/** It is about this event, and would be the same next time. */
function isRefusal(error: unknown): boolean {
  return error instanceof PortcullisError && error.code === "usage";
}

/** What consumers choose by without reading the body. */
function propertiesOf(body: string): Readonly<Record<string, string>> {
  const event = JSON.parse(body) as Readonly<Record<string, unknown>>;
  const names = ["id", "source", "type", "time", "subject", "traceparent"].filter(
    (name) => typeof event[name] === "string",
  );
  return Object.fromEntries([
    ["content-type", "application/cloudevents+json"],
    ...names.map((name) => [name, event[name] as string]),
  ]) as Record<string, string>;
}
