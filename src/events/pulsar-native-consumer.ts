// Takes the messages of one topic with Pulsar's native client: one at a time is asked for, as long as there is room. The client's
// listener is no way: while it waits for one topic, its thread serves no other.
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import type { Delivery } from "./bus.js";
import type { NativeConsumer, NativeMessage } from "./pulsar-client.js";
import type { ConsumerTask, TopicConsumer } from "./topic-consumers.js";

const retryMs = 1_000;

export interface NativeConsumerTask extends ConsumerTask {
  readonly subscribe: () => Promise<NativeConsumer>;
}

export class PulsarNativeConsumer implements TopicConsumer {
  readonly #task: NativeConsumerTask;
  #consumer: NativeConsumer | null = null;
  #underWay = 0;
  #isTaking = false;
  /** `stopped` takes nothing new, `closed` has no consumer any more. */
  #state: "open" | "stopped" | "closed" = "open";

  constructor(task: NativeConsumerTask) {
    this.#task = task;
  }

  get connected(): boolean {
    return this.#consumer?.isConnected() ?? false;
  }

  async start(): Promise<void> {
    const consumer = await this.#task.subscribe();
    this.#consumer = consumer;
    if (this.#isOpen()) {
      void this.#take(consumer);
      return;
    }
    this.close();
    throw new PortcullisError("broker-unavailable", `the subscription of ${this.#task.topic} is closed`);
  }

  stop(): void {
    if (this.#isOpen()) this.#state = "stopped";
    if (this.#underWay === 0) this.close();
  }

  /** What was not acknowledged goes to others. */
  close(): void {
    this.#state = "closed";
    this.#consumer?.close().catch(() => undefined);
    this.#consumer = null;
  }

  #isOpen(): boolean {
    return this.#state === "open";
  }

  async #take(consumer: NativeConsumer): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    while (this.#isOpen() && this.#underWay < this.#task.options.prefetch)
      await consumer.receive().then(
        (message) => {
          this.#received(consumer, message);
        },
        (error: unknown) => this.#failed(error),
      );
    this.#isTaking = false;
  }

  #received(consumer: NativeConsumer, message: NativeMessage): void {
    if (!this.#isOpen()) {
      consumer.negativeAcknowledge(message);
      return;
    }
    this.#underWay++;
    this.#task.receive(this.#delivery(consumer, message));
  }

  async #failed(error: unknown): Promise<void> {
    if (!this.#isOpen()) return;
    const said = { message: printable(messageOf(error)).slice(0, 300) };
    this.#task.log.warn({ topic: this.#task.topic, error: said }, "the broker gave no message, and is asked again");
    await sleep(retryMs);
  }

  #delivery(consumer: NativeConsumer, message: NativeMessage): Delivery {
    const bytes = message.getData();
    const key = message.getPartitionKey();
    let isAnswered = false;
    const answer = async (how: () => unknown): Promise<void> => {
      if (isAnswered) return;
      isAnswered = true;
      await this.#answer(consumer, how);
    };
    return {
      ...{ topic: this.#task.topic, key: key === "" ? null : key, properties: propertiesOf(message), bytes },
      ...{ redeliveries: message.getRedeliveryCount(), id: message.getMessageId().toString() },
      get body() {
        return bytes.toString("utf8");
      },
      ack: () => answer(() => consumer.acknowledge(message)),
      nack: () =>
        answer(() => {
          consumer.negativeAcknowledge(message);
        }),
    };
  }

  /** What cannot be told leads to a redelivery. */
  async #answer(consumer: NativeConsumer, how: () => unknown): Promise<void> {
    this.#underWay--;
    await Promise.resolve()
      .then(how)
      .catch(() => undefined);
    if (this.#isOpen()) void this.#take(consumer);
    else if (this.#underWay === 0) this.close();
  }
}

/** The client puts them on an array: one that is called `length`, and is no number, makes it throw. */
function propertiesOf(message: NativeMessage): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(message.getProperties()));
  } catch {
    return {};
  }
}
