// The port to a message broker. Adapters: in-process, Pulsar by its native client or by WebSocket. Nothing above it knows which.

export interface OutgoingMessage {
  /** The topic's own name, such as `compliance-alerts`; the adapter adds tenant and namespace. */
  readonly topic: string;
  /** Messages of one key stay in order, and go to one consumer of a `key-shared` subscription at a time. */
  readonly key: string | null;
  /** With the key, at most `maximumHeaderBytes`. Texts with NUL are sent as they are, or refused. */
  readonly properties: Readonly<Record<string, string>>;
  /** Text, or bytes as they are; at most `maximumMessageBytes`. */
  readonly body: string | Uint8Array;
}

/** Pulsar's WebSocket API takes 1 MiB by default, base64 and all around it included. */
export const maximumMessageBytes = 700 * 1024;
export const maximumHeaderBytes = 32 * 1024;

export interface Delivery extends OutgoingMessage {
  /** What came, read as UTF-8. Others may send what is no UTF-8, and more than we send: see `bytes`. */
  readonly body: string;
  readonly bytes: Uint8Array;
  /** The broker's own id of the message. */
  readonly id: string;
  /** How often it was delivered before, as far as the broker remembers. */
  readonly redeliveries: number;
  /** It is done. Resolves when the broker was told; a lost acknowledgement leads to a redelivery, never to an error. */
  ack(): Promise<void>;
  /** It is not done: deliver it again, after a while. */
  nack(): Promise<void>;
}

export interface SubscribeOptions {
  readonly topics: readonly string[];
  readonly subscription: string;
  readonly kind: "shared" | "key-shared";
  /** Deliveries of a topic under way at once, at most. */
  readonly prefetch: number;
  /** What is neither acknowledged nor refused after so long is delivered again, in milliseconds; at least 1,000, and 10,000 with Pulsar's native client. */
  readonly ackTimeoutMs: number;
}

export interface Subscription {
  /** False while the connection is down; the adapter connects again by itself, with growing waits. */
  readonly connected: boolean;
  /** Takes nothing new. What is under way may still be acknowledged until the bus is closed. */
  close(): Promise<void>;
}

/**
 * At least once: a message whose publish resolved is delivered until it is acknowledged, in whatever order the deaths come, to
 * each subscription that was made before it was published.
 */
export interface EventBus {
  readonly kind: "in-process" | "pulsar-native" | "pulsar-websocket";
  /**
   * Resolves when the broker has it. Throws PortcullisError `broker-unavailable` when that is not known within the time-out: it
   * may be there all the same. All that were called later for the same topic and are not answered fail with it, so that who
   * publishes them again, in order, keeps the order. Throws `usage` for what is too large. Await it now and then: a topic takes a
   * few thousand at once and refuses the rest.
   */
  publish(message: OutgoingMessage): Promise<void>;
  /**
   * `receive` is called for each delivery and never throws. Resolves when the subscription is made; throws
   * `broker-unavailable` when the broker refuses it, or does not answer within the time-out.
   */
  subscribe(options: SubscribeOptions, receive: (delivery: Delivery) => void): Promise<Subscription>;
  /** Throws PortcullisError `broker-unavailable` when the broker does not answer, or refuses us. */
  check(): Promise<void>;
  /** Messages that wait in a subscription; null where the adapter cannot know. */
  backlog(topic: string, subscription: string): Promise<number | null>;
  /** May be called twice. */
  close(): Promise<void>;
}
