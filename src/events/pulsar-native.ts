// Apache Pulsar by its native client, the npm package `pulsar-client`: one producer for each topic that is published to, and one
// consumer for each topic of a subscription. The client connects again by itself.
import { messageOf, PortcullisError } from "../errors.js";
import type { Logger } from "../observability/log.js";
import { printable } from "../printable.js";
import type { Delivery, EventBus, OutgoingMessage, SubscribeOptions, Subscription } from "./bus.js";
import { checkName } from "./message-limits.js";
import { certificates, type PulsarAccess } from "./pulsar-access.js";
import { pulsarBacklog } from "./pulsar-admin.js";
import type { NativeClient, NativeClientConfig, NativeConsumer, PulsarClientModule } from "./pulsar-client.js";
import { PulsarNativeConsumer } from "./pulsar-native-consumer.js";
import { maximumPending, PulsarNativeProducer } from "./pulsar-native-producer.js";
import { startAll } from "./topic-consumers.js";
import { topics } from "./topics.js";

const nackDelayMs = 1_000;
/** The client refuses less. */
const minimumAckTimeoutMs = 10_000;
/** The client's `WARN`. */
const logLevel = 2;

export interface NativeBusOptions {
  readonly access: PulsarAccess;
  readonly log: Logger;
  readonly pulsarClient: PulsarClientModule;
}

/** Connects when something is published or subscribed. Throws `config-invalid` when there is no address. */
export function createPulsarNativeBus(options: NativeBusOptions): EventBus {
  const { access, pulsarClient } = options;
  if (access.serviceUrl === null) throw new PortcullisError("config-invalid", "events: expected serviceUrl");
  // The client would only say that it cannot connect.
  certificates(access);
  return new PulsarNativeBus(options, new pulsarClient.Client(clientConfig(options, access.serviceUrl)));
}

function clientConfig({ access, log, pulsarClient }: NativeBusOptions, serviceUrl: string): NativeClientConfig {
  const { hasToken, caFile, timeoutMs } = access;
  const token = (): string => safeToken(access, log);
  return {
    ...{ serviceUrl, operationTimeoutSeconds: Math.ceil(timeoutMs / 1_000), connectionTimeoutMs: timeoutMs },
    ...(hasToken ? { authentication: new pulsarClient.AuthenticationToken({ token }) } : {}),
    ...(caFile === null ? {} : { tlsTrustCertsFilePath: caFile }),
    // The client's default is to take a certificate of any other host.
    ...{ tlsValidateHostname: true, logLevel },
    log: (_level, _file, _line, message) => {
      log.warn({ error: { message: printable(message).slice(0, 500) } }, "Pulsar's client");
    },
  };
}

/** Called by the client at each connection. What it throws would end the process. */
function safeToken(access: PulsarAccess, log: Logger): string {
  try {
    return access.token() ?? "";
  } catch (error) {
    log.error({ error: { message: messageOf(error) } }, "there is no token for Pulsar");
    return "";
  }
}

class PulsarNativeBus implements EventBus {
  readonly kind = "pulsar-native";
  readonly #access: PulsarAccess;
  readonly #log: Logger;
  readonly #client: NativeClient;
  readonly #producers = new Map<string, PulsarNativeProducer>();
  readonly #consumers = new Set<PulsarNativeConsumer>();
  #isClosed = false;

  constructor({ access, log }: NativeBusOptions, client: NativeClient) {
    this.#access = access;
    this.#log = log;
    this.#client = client;
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
    const consumers = options.topics.map((topic) => {
      const subscribe = (): Promise<NativeConsumer> => this.#subscribe(topic, options);
      return new PulsarNativeConsumer({ access, log, topic, options, receive, subscribe });
    });
    for (const consumer of consumers) this.#consumers.add(consumer);
    return startAll(consumers);
  }

  /** By what every part of the service may do: publish a dead letter. */
  async check(): Promise<void> {
    this.#checkOpen();
    const asked = async (): Promise<void> => {
      await this.#producer(topics.deadLetters).open();
      await this.#client.getPartitionsForTopic(this.#name(topics.deadLetters));
    };
    await this.#inTime("Pulsar", asked());
  }

  backlog(topic: string, subscription: string): Promise<number | null> {
    return pulsarBacklog(this.#access, topic, subscription);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const producer of this.#producers.values()) producer.close();
    for (const consumer of this.#consumers) consumer.close();
    this.#consumers.clear();
    await this.#inTime("closing", this.#client.close()).catch(() => undefined);
  }

  #producer(topic: string): PulsarNativeProducer {
    this.#checkOpen();
    const known = this.#producers.get(topic);
    if (known !== undefined) return known;
    const { timeoutMs } = this.#access;
    const open = (): ReturnType<NativeClient["createProducer"]> => this.#createProducer(topic);
    const made = new PulsarNativeProducer({ topic, timeoutMs, open, problem });
    this.#producers.set(topic, made);
    return made;
  }

  async #createProducer(topic: string): ReturnType<NativeClient["createProducer"]> {
    this.#access.token(); // says better than the client why it cannot be read
    return this.#client.createProducer({
      ...{ topic: this.#name(topic), sendTimeoutMs: this.#access.timeoutMs, blockIfQueueFull: false },
      maxPendingMessages: maximumPending.messages,
      // By key: a batch of several keys would go to one consumer of a Key_Shared subscription.
      ...{ batchingEnabled: true, batchingType: "KeyBasedBatching", batchingMaxPublishDelayMs: 1 },
    });
  }

  #subscribe(topic: string, { subscription, kind, prefetch, ackTimeoutMs }: SubscribeOptions): Promise<NativeConsumer> {
    const subscribed = async (): Promise<NativeConsumer> => {
      this.#access.token();
      return this.#client.subscribe({
        ...{ topic: this.#name(topic), subscription, subscriptionType: kind === "shared" ? "Shared" : "KeyShared" },
        // What was published before the first of us subscribed is not ours to skip.
        subscriptionInitialPosition: "Earliest",
        // What the client holds in front of us, nobody else gets: half of what we work on keeps us busy.
        receiverQueueSize: Math.min(1_000, Math.max(1, Math.floor(prefetch / 2))),
        ...{ ackTimeoutMs: Math.max(minimumAckTimeoutMs, ackTimeoutMs), nAckRedeliverTimeoutMs: nackDelayMs },
      });
    };
    const consumer = subscribed();
    return this.#inTime(`subscribing to ${topic} on Pulsar`, consumer).catch((error: unknown) => {
      // One that comes too late would hold messages.
      consumer.then((late) => late.close()).catch(() => undefined);
      throw error;
    });
  }

  async #inTime<T>(what: string, promise: Promise<T>): Promise<T> {
    const { timeoutMs } = this.#access;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${timeoutMs / 1_000} s`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([promise, late]);
    } catch (error) {
      throw problem(what, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #name(topic: string): string {
    return `persistent://${this.#access.tenant}/${this.#access.namespace}/${topic}`;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new PortcullisError("broker-unavailable", "the event bus is closed");
  }
}

const advice: readonly (readonly [RegExp, string])[] = [
  [/\bAuthenticationError\b/, ": the token is not accepted: see events.tokenFile and events.tokenEnv"],
  [
    /\bAuthorizationError\b/,
    ": the token's role has no permission there: grant it produce and consume on the namespace",
  ],
];

function problem(what: string, error: unknown): PortcullisError {
  if (error instanceof PortcullisError) return error;
  const said = printable(typeof error === "string" ? error : messageOf(error)).slice(0, 300);
  const known = advice.find(([pattern]) => pattern.test(said))?.[1] ?? "";
  return new PortcullisError("broker-unavailable", `${what}: ${said}${known}`);
}
