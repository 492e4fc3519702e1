// A subscription is one consumer for each of its topics, whatever the client.
import type { Logger } from "../observability/log.js";
import type { Delivery, SubscribeOptions, Subscription } from "./bus.js";
import type { PulsarAccess } from "./pulsar-access.js";

export interface ConsumerTask {
  readonly access: PulsarAccess;
  readonly log: Logger;
  readonly topic: string;
  readonly options: SubscribeOptions;
  readonly receive: (delivery: Delivery) => void;
}

export interface TopicConsumer {
  readonly connected: boolean;
  /** Resolves when it is subscribed. */
  start(): Promise<void>;
  /** Takes nothing new; the connection stays until what is under way is answered. */
  stop(): void;
  close(): void;
}

/** Resolves when all are subscribed; one that is not stops the others. */
export async function startAll(consumers: readonly TopicConsumer[]): Promise<Subscription> {
  const stop = (): void => {
    for (const consumer of consumers) consumer.stop();
  };
  await Promise.all(consumers.map((consumer) => consumer.start())).catch((error: unknown) => {
    stop();
    throw error;
  });
  return {
    get connected() {
      return consumers.every((consumer) => consumer.connected);
    },
    close() {
      stop();
      return Promise.resolve();
    },
  };
}
