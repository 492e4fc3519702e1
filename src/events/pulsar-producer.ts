// Publishes to one topic over Pulsar's WebSocket API: many messages under way at once, each answered by its context. Without
// batches: that API cannot make them by key, and a batch of several keys would go to one consumer of a Key_Shared subscription.
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import type { OutgoingMessage } from "./bus.js";
import { checkedBody } from "./message-limits.js";
import { pulsarPath } from "./pulsar-path.js";
import type { PulsarAccess } from "./pulsar-access.js";
import { backoff, openSocket, RefusedError, type PulsarSocket } from "./pulsar-socket.js";

const maximumUnderWay = { messages: 500, bytes: 8 * 1024 * 1024 };
const maximumPending = { messages: 5_000, bytes: 64 * 1024 * 1024 };

interface Pending {
  readonly context: string;
  readonly frame: string;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (problem: PortcullisError) => void;
}

export class PulsarProducer {
  readonly #access: PulsarAccess;
  readonly #topic: string;
  /** All that are not answered, the oldest first; those from `#unsent` on were not sent yet. */
  readonly #pending = new Map<string, Pending>();
  readonly #unsent: Pending[] = [];
  readonly #size = { pending: 0, underWay: 0 };
  #socket: PulsarSocket | null = null;
  #opening: Promise<PulsarSocket> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #attempts = 0;
  #context = 0;
  #isClosed = false;

  constructor(access: PulsarAccess, topic: string) {
    this.#access = access;
    this.#topic = topic;
  }

  async publish(message: OutgoingMessage): Promise<void> {
    const payload = checkedBody(message).toString("base64");
    if (this.#isClosed) throw this.#problem("the event bus is closed");
    if (this.#pending.size >= maximumPending.messages || this.#size.pending >= maximumPending.bytes)
      throw this.#problem(`${this.#pending.size} messages wait for its answer already`);
    const context = String(++this.#context);
    const { key, properties } = message;
    const frame = JSON.stringify({ payload, properties, context, ...(key === null ? {} : { key }) });
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.#access.timeoutMs;
      const pending = { context, frame, deadline, resolve, reject };
      this.#pending.set(context, pending);
      this.#unsent.push(pending);
      this.#size.pending += frame.length;
      this.#watch();
      this.#pump();
    });
  }

  /** Throws when Pulsar does not let us publish here, or does not answer. */
  async check(): Promise<void> {
    if (this.#isClosed) throw this.#problem("the event bus is closed");
    const socket = this.#socket ?? (await this.#open());
    await socket.ping(this.#access.timeoutMs);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#failAll(this.#problem("the event bus was closed before it answered"));
  }

  #pump(): void {
    if (this.#unsent.length === 0) return;
    const socket = this.#socket;
    if (socket === null) {
      // Why it cannot be opened is told to those who wait, when their time is over.
      if (this.#retry === null && this.#opening === null) this.#open().catch(() => undefined);
      return;
    }
    while (this.#unsent.length > 0 && this.#hasRoom()) {
      const next = this.#unsent.shift();
      if (next === undefined) return;
      this.#size.underWay += next.frame.length;
      // What cannot be sent is told by `closed`.
      socket.send(next.frame).catch(() => undefined);
    }
  }

  #hasRoom(): boolean {
    const underWay = this.#pending.size - this.#unsent.length;
    return underWay === 0 || (underWay < maximumUnderWay.messages && this.#size.underWay < maximumUnderWay.bytes);
  }

  #open(): Promise<PulsarSocket> {
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openNow(): Promise<PulsarSocket> {
    try {
      const socket = await this.#newSocket();
      this.#attempts = 0;
      this.#socket = socket;
      this.#pump();
      return socket;
    } catch (error) {
      if (error instanceof RefusedError) this.#failAll(error);
      if (!this.#isClosed && this.#unsent.length > 0) this.#openLater();
      throw error;
    }
  }

  async #newSocket(): Promise<PulsarSocket> {
    const path = pulsarPath("producer", this.#access, [this.#topic], { sendTimeoutMillis: this.#access.timeoutMs });
    const socket = await openSocket(this.#access, path, {
      message: (text) => {
        this.#answered(text);
      },
      closed: (problem) => {
        this.#socket = null;
        this.#failAll(problem);
      },
    });
    if (!this.#isClosed) return socket;
    socket.close();
    throw this.#problem("the event bus is closed");
  }

  #openLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#pump();
    }, backoff(this.#attempts++));
  }

  #answered(text: string): void {
    const { result, context, errorMsg } = answerOf(text);
    const pending = this.#pending.get(context);
    if (result !== "ok") {
      this.#failAll(this.#problem(`a message was refused: ${printable(errorMsg).slice(0, 300)}`));
      return;
    }
    if (pending === undefined) return;
    this.#pending.delete(context);
    this.#size.pending -= pending.frame.length;
    this.#size.underWay -= pending.frame.length;
    pending.resolve();
    this.#pump();
  }

  /**
   * When one fails, all that came after it fail too: they would overtake it when it is published again. A connection whose
   * answers are owed is given up, so that a late answer is taken for nothing.
   */
  #failAll(problem: PortcullisError): void {
    const failed = [...this.#pending.values()];
    this.#pending.clear();
    this.#unsent.length = 0;
    this.#size.pending = this.#size.underWay = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.close();
    this.#socket = null;
    for (const { reject } of failed) reject(problem);
  }

  /** One timer for the oldest: the others have longer. */
  #watch(): void {
    if (this.#timer !== null) return;
    const [oldest] = this.#pending.values();
    if (oldest === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        const [now] = this.#pending.values();
        if (now !== undefined && now.deadline <= performance.now())
          this.#failAll(this.#problem(`no answer within ${this.#access.timeoutMs / 1_000} s`));
        else this.#watch();
      },
      Math.max(1, oldest.deadline - performance.now()),
    );
  }

  #problem(why: string): PortcullisError {
    return new PortcullisError("broker-unavailable", `publishing to ${this.#topic} on Pulsar: ${why}`);
  }
}

interface Answer {
  readonly result: string;
  readonly context: string;
  readonly errorMsg: string;
}

function answerOf(text: string): Answer {
  try {
    const { result, context, errorMsg } = JSON.parse(text) as Record<string, unknown>;
    const asText = (value: unknown): string => (typeof value === "string" ? value : "");
    return { result: asText(result), context: asText(context), errorMsg: asText(errorMsg) };
  } catch {
    return { result: "error", context: "", errorMsg: "an answer that is no JSON" };
  }
}
