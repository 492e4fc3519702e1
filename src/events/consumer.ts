// Takes events from the bus: each is checked, takes effect once, and is acknowledged when that is durable. What can never be used,
// and what failed too often, is buried: kept in the database and told on the dead-letter topic, and acknowledged after both.
import type { Attributes } from "@opentelemetry/api";
import { messageOf, PortcullisError } from "../errors.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import { inTraceOf, traced } from "../observability/trace.js";
import { redactText } from "../redact.js";
import type { Session } from "../store/database.js";
import type { Inbox } from "../store/inbox.js";
import type { Delivery, EventBus, Subscription } from "./bus.js";
import type { CloudEvent, EventType } from "./cloud-event.js";
import { deadLetterMessage } from "./dead-letter-message.js";
import { KeyedWork } from "./keyed-work.js";
import { FaultyEventError, parseCloudEvent } from "./parse-event.js";

export interface ConsumerOptions {
  readonly bus: EventBus;
  readonly inbox: Inbox;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Also the name under which taken events are remembered. */
  readonly subscription: string;
  /** What each topic may hold. */
  readonly topics: ReadonlyMap<string, readonly EventType[]>;
  /** How many are worked on at once. */
  readonly concurrency: number;
  /** How often one is tried before it is buried; an outage of the store or the broker does not count. */
  readonly attempts?: number;
  /** The first wait between attempts; it doubles. */
  readonly retryMs?: number;
  /** The effect, in the transaction that says that the event was taken. */
  readonly handle: (event: CloudEvent, session: Session, delivery: Delivery) => Promise<void>;
}

/** Longer than any attempt; what is not acknowledged by then is delivered again. */
const ackTimeoutMs = 10 * 60_000;
const longestWaitMs = 30_000;

export class EventConsumer {
  readonly #options: ConsumerOptions;
  readonly #work: KeyedWork;
  readonly #stopping = new AbortController();
  #subscription: Subscription | null = null;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#work = new KeyedWork(options.concurrency);
  }

  get connected(): boolean {
    return this.#subscription?.connected === true;
  }

  /** Throws `broker-unavailable` when it cannot subscribe. */
  async start(): Promise<void> {
    const { bus, subscription, topics, concurrency } = this.#options;
    const wanted = { topics: [...topics.keys()], subscription, prefetch: concurrency, ackTimeoutMs };
    const made = await bus.subscribe({ ...wanted, kind: "key-shared" }, (delivery) => {
      this.#work.add(orderOf(delivery), () => this.#take(delivery));
    });
    this.#subscription = made;
    if (this.#stopping.signal.aborted) await made.close();
  }

  /** What is under way gets so long; the rest is given back to the broker. */
  async stop(graceMs: number): Promise<void> {
    await this.#subscription?.close();
    const timer = setTimeout(() => {
      this.#stopping.abort();
    }, graceMs);
    await this.#work.idle();
    clearTimeout(timer);
    this.#stopping.abort();
  }

  /** Never throws. */
  async #take(delivery: Delivery): Promise<void> {
    const firstFailed: { at: Date | null } = { at: null };
    for (let attempt = 1, wait = this.#options.retryMs ?? 200; ; wait = Math.min(wait * 2, longestWaitMs)) {
      if (this.#stopping.signal.aborted) {
        await delivery.nack();
        return;
      }
      const problem = await this.#attempt(delivery);
      if (problem === null) return;
      firstFailed.at ??= new Date();
      const isLast = problem instanceof FaultyEventError || attempt >= (this.#options.attempts ?? 5);
      if (!isOutage(problem) && isLast) {
        const grave = { problem, attempts: attempt + delivery.redeliveries, firstFailed: firstFailed.at };
        if (await this.#bury(delivery, grave)) return;
      } else if (!isOutage(problem)) attempt++;
      this.#count(delivery, "retried");
      await this.#pause(wait);
    }
  }

  /** Null when it is done; otherwise what went wrong. */
  async #attempt(delivery: Delivery): Promise<unknown> {
    try {
      const event = this.#parsed(delivery);
      const { subscription: consumer, inbox, handle } = this.#options;
      const taken = { consumer, source: event.source, id: event.id };
      const attributes: Attributes = {
        "messaging.operation.type": "process",
        "messaging.destination.name": delivery.topic,
        "messaging.message.id": event.id,
      };
      const ended = await inTraceOf(event.traceparent, () =>
        traced(`consume ${delivery.topic}`, attributes, () =>
          inbox.take(taken, (session) => handle(event, session, delivery)),
        ),
      );
      await delivery.ack();
      this.#count(delivery, ended);
      return null;
    } catch (error) {
      return error ?? new Error("something was thrown that is nothing");
    }
  }

  #parsed(delivery: Delivery): CloudEvent {
    const event = parseCloudEvent(delivery.bytes);
    const expected = this.#options.topics.get(delivery.topic) ?? [];
    if (expected.includes(event.type)) return event;
    throw new FaultyEventError(`${event.type} on ${delivery.topic}; expected ${expected.join(", ")}`);
  }

  /** False when the store or the broker is away: then it is tried again. */
  async #bury(delivery: Delivery, grave: Grave): Promise<boolean> {
    const { inbox, bus, subscription, log } = this.#options;
    const { topic, key, properties, bytes } = delivery;
    const reason = redactText(messageOf(grave.problem).slice(0, 1_000));
    const { attempts, firstFailed } = grave;
    try {
      const buried = { subscription, topic, key, properties, bytes, reason, attempts, firstFailed };
      const id = await inbox.deadLetters.bury(buried);
      await bus.publish(deadLetterMessage(buried, id));
      await delivery.ack();
      log.warn({ topic, deadLetter: id, reason }, "a message could not be used, and is a dead letter");
      this.#count(delivery, "dead");
      return true;
    } catch (error) {
      log.error({ topic, err: error }, "a dead letter could not be kept yet");
      return false;
    }
  }

  #count({ topic }: Delivery, status: "done" | "repeated" | "retried" | "dead"): void {
    this.#options.metrics.consumed.inc({ topic, status });
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms * (0.75 + Math.random() / 2));
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}

interface Grave {
  readonly problem: unknown;
  readonly attempts: number;
  readonly firstFailed: Date;
}

/** Not the message's fault, and no reason to give it up. */
function isOutage(problem: unknown): boolean {
  return (
    problem instanceof PortcullisError &&
    (problem.code === "store-unavailable" || problem.code === "broker-unavailable")
  );
}

/** What stays in order; without a key nothing does. */
function orderOf({ topic, key }: Delivery): string | null {
  return key === null ? null : JSON.stringify([topic, key]);
}
