// Stands in for the binary of the npm package `pulsar-client` where it cannot be downloaded: what `Client.cc`, `Producer.cc`,
// `Consumer.cc` and `Message.cc` of 1.18 do with what they are given, over the bus of one process instead of a broker.
import type { Delivery, EventBus } from "../bus.js";
import { createInProcessBus } from "../in-process-bus.js";
import type {
  NativeClient,
  NativeClientConfig,
  NativeConsumer,
  NativeConsumerConfig,
  NativeMessage,
  NativeOutgoing,
  NativeProducer,
  NativeProducerConfig,
  PulsarClientModule,
} from "../pulsar-client.js";

export interface PulsarClientDouble extends PulsarClientModule {
  readonly broker: EventBus;
  readonly clients: NativeClientConfig[];
  readonly producers: NativeProducerConfig[];
  readonly consumers: NativeConsumerConfig[];
  /** What happens instead of sending, for one message after the other; then they are sent again. */
  readonly sends: ((message: NativeOutgoing) => Promise<unknown>)[];
  /** The token that was asked for when a client last connected. */
  token: string | null;
}

type Token = () => string;

export function pulsarClientDouble(broker = createInProcessBus({ nackDelayMs: 10 })): PulsarClientDouble {
  class AuthenticationToken {
    readonly supply: Token;
    constructor({ token }: { readonly token: Token }) {
      this.supply = token;
    }
  }
  class Client implements NativeClient {
    readonly #authentication: object | undefined;
    readonly #open = new Set<{ close(): Promise<null> }>();
    #isClosed = false;
    constructor(config: NativeClientConfig) {
      double.clients.push(config);
      this.#authentication = config.authentication;
    }
    createProducer(config: NativeProducerConfig): Promise<NativeProducer> {
      double.producers.push(config);
      return this.#connect("producer", () => Promise.resolve(producer(double, config)));
    }
    subscribe(config: NativeConsumerConfig): Promise<NativeConsumer> {
      if (config.ackTimeoutMs < 10_000)
        return Promise.reject(new Error("Ack timeout should be 0 or greater than or equal to 10000"));
      double.consumers.push(config);
      return this.#connect("consumer", () => consumer(broker, config));
    }
    getPartitionsForTopic(topic: string): Promise<string[]> {
      return this.#isClosed
        ? Promise.reject(new Error("Failed to GetPartitionsForTopic: AlreadyClosed"))
        : Promise.resolve([topic]);
    }
    async close(): Promise<null> {
      if (this.#isClosed) throw new Error("Failed to close client: AlreadyClosed");
      this.#isClosed = true;
      for (const one of this.#open) await one.close();
      return null;
    }
    async #connect<T extends { close(): Promise<null> }>(what: string, make: () => Promise<T>): Promise<T> {
      if (this.#isClosed) throw new Error(`Failed to create ${what}: AlreadyClosed`);
      double.token = this.#authentication instanceof AuthenticationToken ? this.#authentication.supply() : null;
      if (double.token === "refused") throw new Error(`Failed to create ${what}: AuthorizationError`);
      const made = await make();
      this.#open.add(made);
      return made;
    }
  }
  const recorded = { broker, clients: [], producers: [], consumers: [], sends: [], token: null };
  const double: PulsarClientDouble = { Client, AuthenticationToken, ...recorded };
  return double;
}

/** As a C string is read. */
function cut(text: string): string {
  return text.split("\0")[0] ?? "";
}

/** `persistent://tenant/namespace/topic` */
function lastPart(topic: string): string {
  return topic.split("/").at(-1) ?? "";
}

function producer({ broker, sends }: PulsarClientDouble, config: NativeProducerConfig): NativeProducer {
  let isClosed = false;
  let waiting = 0;
  const publish = ({ data, properties, partitionKey }: NativeOutgoing): Promise<void> => {
    const texts = Object.entries(properties).map((pair) => pair.map(cut));
    const key = partitionKey === undefined ? null : cut(partitionKey);
    const message = { topic: lastPart(config.topic), key, body: data };
    return broker.publish({ ...message, properties: Object.fromEntries(texts) as Record<string, string> });
  };
  return {
    async send(message) {
      if (isClosed) throw new Error("Failed to send message: AlreadyClosed");
      if (waiting >= (config.maxPendingMessages ?? 1_000))
        throw new Error("Failed to send message: ProducerQueueIsFull");
      waiting++;
      try {
        return await (sends.shift() ?? publish)(message);
      } finally {
        waiting--;
      }
    },
    close() {
      isClosed = true;
      return Promise.resolve(null);
    },
  };
}

interface Received {
  readonly delivery: Delivery;
  readonly message: NativeMessage;
}

async function consumer(broker: EventBus, config: NativeConsumerConfig): Promise<NativeConsumer> {
  const queue: Received[] = [];
  const receivers: { resolve: (message: NativeMessage) => void; reject: (error: Error) => void }[] = [];
  const handed = new Map<NativeMessage, Delivery>();
  let isClosed = false;
  const hand = ({ delivery, message }: Received): NativeMessage => {
    handed.set(message, delivery);
    return message;
  };
  const subscription = await broker.subscribe(
    {
      topics: [lastPart(config.topic)],
      subscription: config.subscription,
      kind: config.subscriptionType === "Shared" ? "shared" : "key-shared",
      // The broker gives a new message for each that is taken from the queue; the bus, for each that is acknowledged.
      prefetch: 2 * config.receiverQueueSize + 1,
      ackTimeoutMs: config.ackTimeoutMs,
    },
    (delivery) => {
      const received = { delivery, message: messageOf(delivery) };
      const receiver = receivers.shift();
      if (receiver === undefined) queue.push(received);
      else receiver.resolve(hand(received));
    },
  );
  return {
    receive() {
      if (isClosed) return Promise.reject(new Error("Failed to receive message: AlreadyClosed"));
      const next = queue.shift();
      if (next !== undefined) return Promise.resolve(hand(next));
      return new Promise((resolve, reject) => {
        receivers.push({ resolve, reject });
      });
    },
    async acknowledge(message) {
      if (isClosed) throw new Error("Failed to acknowledge: AlreadyClosed");
      await handed.get(message)?.ack();
      handed.delete(message);
      return null;
    },
    negativeAcknowledge(message) {
      void handed.get(message)?.nack();
      handed.delete(message);
    },
    isConnected: () => !isClosed,
    async close() {
      if (isClosed) throw new Error("Failed to close consumer: AlreadyClosed");
      isClosed = true;
      await subscription.close();
      // The broker gives them to others.
      for (const { delivery } of queue.splice(0)) await delivery.nack();
      for (const delivery of handed.values()) await delivery.nack();
      for (const { reject } of receivers.splice(0)) reject(new Error("Failed to receive message: AlreadyClosed"));
      return null;
    },
  };
}

function messageOf({ bytes, key, properties, redeliveries, id }: Delivery): NativeMessage {
  return {
    getData: () => Buffer.from(bytes),
    getPartitionKey: () => key ?? "",
    // An array with names, as the binary makes it.
    getProperties: () => Object.assign([] as unknown as Record<string, string>, properties),
    getRedeliveryCount: () => redeliveries,
    getMessageId: () => ({ toString: () => id }),
  };
}
