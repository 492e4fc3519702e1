// The npm package `pulsar-client`, which is there only where its binary could be downloaded: what we use of it, and how it is
// loaded. Its own types cannot be imported where it is not installed; these are a part of them.
import { messageOf, PortcullisError } from "../errors.js";
import type { Logger } from "../observability/log.js";
import type { EventSettings } from "./event-settings.js";

export interface PulsarClientModule {
  readonly Client: new (config: NativeClientConfig) => NativeClient;
  readonly AuthenticationToken: new (parameters: { token: () => string }) => object;
}

export interface NativeClientConfig {
  serviceUrl: string;
  authentication?: object;
  operationTimeoutSeconds?: number;
  connectionTimeoutMs?: number;
  tlsTrustCertsFilePath?: string;
  tlsValidateHostname?: boolean;
  logLevel?: number;
  log?: (level: number, file: string, line: number, message: string) => void;
}

export interface NativeClient {
  createProducer(config: NativeProducerConfig): Promise<NativeProducer>;
  subscribe(config: NativeConsumerConfig): Promise<NativeConsumer>;
  getPartitionsForTopic(topic: string): Promise<string[]>;
  close(): Promise<null>;
}

export interface NativeProducerConfig {
  topic: string;
  sendTimeoutMs?: number;
  maxPendingMessages?: number;
  blockIfQueueFull?: boolean;
  batchingEnabled?: boolean;
  batchingType?: "KeyBasedBatching";
  batchingMaxPublishDelayMs?: number;
}

export interface NativeProducer {
  send(message: NativeOutgoing): Promise<unknown>;
  close(): Promise<null>;
}

export interface NativeOutgoing {
  data: Buffer;
  properties: Record<string, string>;
  partitionKey?: string;
}

export interface NativeConsumerConfig {
  topic: string;
  subscription: string;
  subscriptionType: "Shared" | "KeyShared";
  subscriptionInitialPosition: "Earliest";
  receiverQueueSize: number;
  ackTimeoutMs: number;
  nAckRedeliverTimeoutMs: number;
}

export interface NativeConsumer {
  receive(): Promise<NativeMessage>;
  acknowledge(message: NativeMessage): Promise<null>;
  negativeAcknowledge(message: NativeMessage): void;
  isConnected(): boolean;
  close(): Promise<null>;
}

export interface NativeMessage {
  getData(): Buffer;
  /** Empty where there is none. */
  getPartitionKey(): string;
  getProperties(): { [key: string]: string };
  getRedeliveryCount(): number;
  getMessageId(): { toString(): string };
}

/** Throws where the package, or its binary, is not there. */
export async function importPulsarClient(): Promise<PulsarClientModule> {
  // Not a literal: the compiler would look for the package.
  const name: string = "pulsar-client";
  return ((await import(name)) as { readonly default: PulsarClientModule }).default;
}

/**
 * The package where the settings ask for it, null where the WebSocket API is to be used. Throws `config-invalid` when the client
 * that is asked for is not there.
 */
export async function nativeClient(
  { client = "auto", serviceUrl, webSocketUrl }: EventSettings,
  log: Logger,
  load = importPulsarClient,
): Promise<PulsarClientModule | null> {
  if (client === "websocket" || serviceUrl === undefined) return null;
  try {
    return await load();
  } catch (error) {
    const why = messageOf(error).split("\n")[0] ?? "";
    if (client === "native" || webSocketUrl === undefined) throw notThere(why);
    log.debug({ error: { message: why } }, "pulsar-client cannot be loaded: Pulsar's WebSocket API is used");
    return null;
  }
}

function notThere(why: string): PortcullisError {
  return new PortcullisError(
    "config-invalid",
    `events.serviceUrl needs the npm package pulsar-client, which cannot be loaded (${why}): install it with ` +
      "`npm install pulsar-client` where archive.apache.org can be reached, or give events.webSocketUrl and no client: native",
  );
}
