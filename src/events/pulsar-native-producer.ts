// Publishes to one topic with Pulsar's native client, which makes batches by key.
import { PortcullisError } from "../errors.js";
import type { OutgoingMessage } from "./bus.js";
import { checkedBody } from "./message-limits.js";
import type { NativeOutgoing, NativeProducer } from "./pulsar-client.js";

/** `blockIfQueueFull` is no way to bound them: the client would block this process's only thread. */
export const maximumPending = { messages: 5_000, bytes: 64 * 1024 * 1024 };

export interface ProducerTask {
  readonly topic: string;
  readonly timeoutMs: number;
  readonly open: () => Promise<NativeProducer>;
  /** What the client said, as an error of ours. */
  readonly problem: (what: string, error: unknown) => PortcullisError;
}

interface Pending {
  readonly bytes: number;
  readonly timer: NodeJS.Timeout;
  readonly reject: (problem: PortcullisError) => void;
}

export class PulsarNativeProducer {
  readonly #task: ProducerTask;
  readonly #pending = new Set<Pending>();
  #bytes = 0;
  #producer: Promise<NativeProducer> | null = null;
  #isClosed = false;

  constructor(task: ProducerTask) {
    this.#task = task;
  }

  async publish(message: OutgoingMessage): Promise<void> {
    const outgoing = nativeMessage(message);
    if (this.#isClosed) throw this.#problem("the event bus is closed");
    if (this.#pending.size >= maximumPending.messages || this.#bytes >= maximumPending.bytes)
      throw this.#problem(`${this.#pending.size} messages wait for its answer already`);
    const { timeoutMs } = this.#task;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#failAll(this.#problem(`no answer within ${timeoutMs / 1_000} s`));
      }, timeoutMs);
      const pending = { bytes: outgoing.data.length, timer, reject };
      this.#pending.add(pending);
      this.#bytes += pending.bytes;
      this.#send(pending, outgoing).then(
        () => {
          this.#forget(pending);
          resolve();
        },
        (error: unknown) => {
          if (this.#pending.has(pending)) this.#failAll(this.#problem(error));
        },
      );
    });
  }

  /** Resolves when Pulsar lets us publish here. */
  async open(): Promise<void> {
    if (this.#isClosed) throw this.#problem("the event bus is closed");
    await this.#opened().catch((error: unknown) => {
      throw this.#problem(error);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#failAll(this.#problem("the event bus was closed before it answered"));
  }

  /** All wait for the same promise, and so are sent in the order in which they were published. */
  async #send(pending: Pending, message: NativeOutgoing): Promise<void> {
    const producer = await this.#opened();
    if (this.#pending.has(pending)) await producer.send(message);
  }

  #opened(): Promise<NativeProducer> {
    if (this.#producer !== null) return this.#producer;
    const opening = this.#task.open();
    this.#producer = opening;
    opening.catch(() => {
      if (this.#producer === opening) this.#producer = null;
    });
    return opening;
  }

  #forget(pending: Pending): void {
    clearTimeout(pending.timer);
    if (this.#pending.delete(pending)) this.#bytes -= pending.bytes;
  }

  /**
   * When one fails, all that came after it fail too: they would overtake it when it is published again. The producer is given up,
   * so that a late answer is taken for nothing.
   */
  #failAll(problem: PortcullisError): void {
    const [failed, producer] = [[...this.#pending], this.#producer];
    this.#producer = null;
    producer?.then((one) => one.close()).catch(() => undefined);
    for (const pending of failed) {
      this.#forget(pending);
      pending.reject(problem);
    }
  }

  #problem(error: unknown): PortcullisError {
    return this.#task.problem(`publishing to ${this.#task.topic} on Pulsar`, error);
  }
}

/** The client takes texts up to their first NUL: what it would cut is refused. */
function nativeMessage(message: OutgoingMessage): NativeOutgoing {
  const data = checkedBody(message);
  const { topic, key, properties } = message;
  const texts = [key ?? "", ...Object.entries(properties).flat()];
  if (texts.some((text) => text.includes("\0")))
    throw new PortcullisError("usage", `a message for ${topic} has NUL in its key or properties; it cannot be sent`);
  return { data, properties: { ...properties }, ...(key === null ? {} : { partitionKey: key }) };
}
