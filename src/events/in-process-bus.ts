// The broker of a service that has none: queues in the memory of this process, with Pulsar's way of delivering. What waits is lost
// with the process; what must not be lost is in the database as well.
import { PortcullisError } from "../errors.js";
import type { Delivery, EventBus, OutgoingMessage, SubscribeOptions, Subscription } from "./bus.js";
import { checkName, checkedBody } from "./message-limits.js";

export interface InProcessOptions {
  /** How long a message that was refused waits. */
  readonly nackDelayMs?: number;
  /** What may wait in a subscription. */
  readonly maximumWaiting?: number;
}

export function createInProcessBus({ nackDelayMs = 1_000, maximumWaiting = 10_000 }: InProcessOptions = {}): EventBus {
  return new InProcessBus(nackDelayMs, maximumWaiting);
}

interface Message extends Omit<OutgoingMessage, "body"> {
  readonly bytes: Buffer;
  readonly sequence: number;
  redeliveries: number;
}

interface Consumer {
  readonly options: SubscribeOptions;
  readonly receive: (delivery: Delivery) => void;
  underWay: number;
  isOpen: boolean;
}

interface UnderWay {
  readonly message: Message;
  readonly consumer: Consumer;
  readonly timer: NodeJS.Timeout;
}

class InProcessBus implements EventBus {
  readonly kind = "in-process";
  readonly #nackDelayMs: number;
  readonly #maximumWaiting: number;
  /** By topic, then by subscription. */
  readonly #queues = new Map<string, Map<string, Queue>>();
  #sequence = 0;
  #isClosed = false;

  constructor(nackDelayMs: number, maximumWaiting: number) {
    this.#nackDelayMs = nackDelayMs;
    this.#maximumWaiting = maximumWaiting;
  }

  publish(message: OutgoingMessage): Promise<void> {
    return attempt(() => {
      const bytes = checkedBody(message);
      this.#checkOpen();
      const queues = [...(this.#queues.get(message.topic)?.values() ?? [])];
      if (queues.some(({ size }) => size >= this.#maximumWaiting))
        throw new PortcullisError("broker-unavailable", `${this.#maximumWaiting} messages wait in ${message.topic}`);
      const { topic, key, properties } = message;
      const sequence = ++this.#sequence;
      for (const queue of queues)
        queue.add({ ...{ topic, key, properties: { ...properties }, bytes, sequence }, redeliveries: 0 });
    });
  }

  subscribe(options: SubscribeOptions, receive: (delivery: Delivery) => void): Promise<Subscription> {
    return attempt(() => {
      checkName(options.subscription, "subscription");
      for (const topic of options.topics) checkName(topic, "topic");
      this.#checkOpen();
      const consumers = options.topics.map((topic) => this.#queue(topic, options.subscription).join(options, receive));
      return {
        connected: true,
        close() {
          for (const consumer of consumers) consumer.isOpen = false;
          return Promise.resolve();
        },
      };
    });
  }

  check(): Promise<void> {
    return attempt(() => {
      this.#checkOpen();
    });
  }

  backlog(topic: string, subscription: string): Promise<number | null> {
    return Promise.resolve(this.#queues.get(topic)?.get(subscription)?.size ?? 0);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const queues of this.#queues.values()) for (const queue of queues.values()) queue.close();
    this.#queues.clear();
    return Promise.resolve();
  }

  #queue(topic: string, subscription: string): Queue {
    const queues = this.#queues.get(topic) ?? new Map<string, Queue>();
    this.#queues.set(topic, queues);
    const queue = queues.get(subscription) ?? new Queue(this.#nackDelayMs);
    queues.set(subscription, queue);
    return queue;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new PortcullisError("broker-unavailable", "the event bus is closed");
  }
}

/** One subscription of one topic. */
class Queue {
  readonly #nackDelayMs: number;
  readonly #consumers: Consumer[] = [];
  readonly #underWay = new Map<number, UnderWay>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** In the order of their sequence. */
  readonly #waiting: Message[] = [];
  #turn = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(nackDelayMs: number) {
    this.#nackDelayMs = nackDelayMs;
  }

  get size(): number {
    return this.#waiting.length + this.#underWay.size + this.#timers.size;
  }

  add(message: Message): void {
    this.#waiting.push(message);
    this.#schedule();
  }

  join(options: SubscribeOptions, receive: (delivery: Delivery) => void): Consumer {
    const consumer = { options, receive, underWay: 0, isOpen: true };
    this.#consumers.push(consumer);
    this.#schedule();
    return consumer;
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#underWay.values()) clearTimeout(timer);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#underWay.clear();
    this.#waiting.length = 0;
  }

  /** Nobody is called while he publishes or acknowledges. */
  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    let index = 0;
    while (index < this.#waiting.length && this.#consumers.some(hasRoom)) {
      const message = this.#waiting[index];
      const consumer = message === undefined ? null : this.#consumerFor(message);
      if (message === undefined || consumer === null) {
        index++;
        continue;
      }
      this.#waiting.splice(index, 1);
      this.#hand(message, consumer);
    }
  }

  /** While messages of a key are under way, others of that key go to the same consumer of a `key-shared` subscription. */
  #consumerFor(message: Message): Consumer | null {
    const owner = this.#ownerOf(message);
    if (owner !== null) return hasRoom(owner) ? owner : null;
    for (let tried = 0; tried < this.#consumers.length; tried++) {
      const consumer = this.#consumers[this.#turn++ % this.#consumers.length];
      if (consumer !== undefined && hasRoom(consumer)) return consumer;
    }
    return null;
  }

  #ownerOf({ key }: Message): Consumer | null {
    if (key === null) return null;
    for (const { message, consumer } of this.#underWay.values())
      if (message.key === key && consumer.options.kind === "key-shared") return consumer;
    return null;
  }

  #hand(message: Message, consumer: Consumer): void {
    const timer = setTimeout(() => {
      this.#end(message, true);
    }, consumer.options.ackTimeoutMs);
    this.#underWay.set(message.sequence, { message, consumer, timer });
    consumer.underWay++;
    consumer.receive(this.#delivery(message));
  }

  #delivery(message: Message): Delivery {
    const { topic, key, properties, bytes, sequence, redeliveries } = message;
    const current = this.#underWay.get(sequence);
    const end = (isAgain: boolean): Promise<void> => {
      // It may have been delivered again meanwhile: then this delivery says nothing about that one.
      if (this.#underWay.get(sequence) === current) this.#end(message, isAgain, this.#nackDelayMs);
      return Promise.resolve();
    };
    return {
      ...{ topic, key, properties, bytes, redeliveries, id: String(sequence), body: bytes.toString("utf8") },
      ack: () => end(false),
      nack: () => end(true),
    };
  }

  #end(message: Message, isAgain: boolean, delay = 0): void {
    const current = this.#underWay.get(message.sequence);
    if (current === undefined) return;
    clearTimeout(current.timer);
    this.#underWay.delete(message.sequence);
    current.consumer.underWay--;
    if (isAgain) this.#putBackAfter(message, delay);
    this.#schedule();
  }

  #putBackAfter(message: Message, delay: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      message.redeliveries++;
      const place = this.#waiting.findIndex(({ sequence }) => sequence > message.sequence);
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, message);
      this.#schedule();
    }, delay);
    this.#timers.add(timer);
  }
}

function hasRoom({ isOpen, underWay, options }: Consumer): boolean {
  return isOpen && underWay < options.prefetch;
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
