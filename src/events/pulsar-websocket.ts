// Apache Pulsar by its WebSocket API, which needs nothing native: one connection for each topic that is published to, and one for
// each topic of a subscription.
import type { Logger } from "../observability/log.js";
import { PortcullisError } from "../errors.js";
import type { Delivery, EventBus, OutgoingMessage, SubscribeOptions, Subscription } from "./bus.js";
import { checkName } from "./message-limits.js";
import type { PulsarAccess } from "./pulsar-access.js";
import { pulsarBacklog } from "./pulsar-admin.js";
import { PulsarConsumer } from "./pulsar-consumer.js";
import { PulsarProducer } from "./pulsar-producer.js";
import { startAll } from "./topic-consumers.js";
import { topics } from "./topics.js";

/** Connects when something is published or subscribed. Throws `config-invalid` when there is no address. */
export function createPulsarWebSocketBus(access: PulsarAccess, log: Logger): EventBus {
  if (access.webSocketUrl === null) throw new PortcullisError("config-invalid", "events: expected webSocketUrl");
  return new PulsarWebSocketBus(access, log);
}

class PulsarWebSocketBus implements EventBus {
  readonly kind = "pulsar-websocket";
  readonly #access: PulsarAccess;
  readonly #log: Logger;
  readonly #producers = new Map<string, PulsarProducer>();
  readonly #consumers = new Set<PulsarConsumer>();
  #isClosed = false;

  constructor(access: PulsarAccess, log: Logger) {
    this.#access = access;
    this.#log = log;
  }

  async publish(message: OutgoingMessage): Promise<void> {
    checkName(message.topic, "topic");
    await this.#producer(message.topic).publish(message);
  }

  async subscribe(options: SubscribeOptions, receive: (delivery: Delivery) => void): Promise<Subscription> {
    checkName(options.subscription, "subscription");
    for (const topic of options.topics) checkName(topic, "topic");
    this.#checkOpen();
    const [access, log] = [this.#access, this.#log];
    const consumers = options.topics.map((topic) => new PulsarConsumer({ access, log, topic, options, receive }));
    for (const consumer of consumers) this.#consumers.add(consumer);
    return startAll(consumers);
  }

  /** By what every part of the service may do: publish a dead letter. */
  async check(): Promise<void> {
    this.#checkOpen();
    await this.#producer(topics.deadLetters).check();
  }

  backlog(topic: string, subscription: string): Promise<number | null> {
    return pulsarBacklog(this.#access, topic, subscription);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const producer of this.#producers.values()) producer.close();
    for (const consumer of this.#consumers) consumer.close();
    this.#consumers.clear();
    return Promise.resolve();
  }

  #producer(topic: string): PulsarProducer {
    this.#checkOpen();
    const known = this.#producers.get(topic);
    if (known !== undefined) return known;
    const made = new PulsarProducer(this.#access, topic);
    this.#producers.set(topic, made);
    return made;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new PortcullisError("broker-unavailable", "the event bus is closed");
  }
}
