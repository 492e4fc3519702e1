// Takes the messages of one topic over Pulsar's WebSocket API, in its pull mode: so many are asked for as there is room.
import { messageOf, PortcullisError } from "../errors.js";
import type { Delivery } from "./bus.js";
import { pulsarPath } from "./pulsar-path.js";
import type { ConsumerTask, TopicConsumer } from "./topic-consumers.js";
import { backoff, openSocket, RefusedError, type PulsarSocket } from "./pulsar-socket.js";

const nackDelayMs = 1_000;

export class PulsarConsumer implements TopicConsumer {
  readonly #task: ConsumerTask;
  readonly #path: string;
  #socket: PulsarSocket | null = null;
  #underWay = 0;
  #attempts = 0;
  #timer: NodeJS.Timeout | null = null;
  /** `stopped` takes nothing new, `closed` has no connection any more. */
  #state: "open" | "stopped" | "closed" = "open";

  constructor(task: ConsumerTask) {
    this.#task = task;
    const { access, topic, options } = task;
    this.#path = pulsarPath("consumer", access, [topic, options.subscription], {
      subscriptionType: options.kind === "shared" ? "Shared" : "Key_Shared",
      // What was published before the first of us subscribed is not ours to skip.
      subscriptionInitialPosition: "Earliest",
      // What the proxy holds in front of us, nobody else gets: half of what we work on keeps us busy.
      receiverQueueSize: Math.min(1_000, Math.max(1, Math.floor(options.prefetch / 2))),
      ...{ ackTimeoutMillis: Math.max(1_000, options.ackTimeoutMs), negativeAckRedeliveryDelay: nackDelayMs },
      pullMode: true,
    });
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  /** Resolves at the first connection. Throws when Pulsar refuses, or does not answer within the time-out. */
  async start(): Promise<void> {
    const deadline = performance.now() + this.#task.access.timeoutMs;
    for (;;) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        const wait = backoff(this.#attempts++);
        if (error instanceof RefusedError || this.#state !== "open" || performance.now() + wait > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** Takes nothing new; the connection stays until what is under way is answered. */
  stop(): void {
    if (this.#state === "open") this.#state = "stopped";
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#underWay === 0) this.close();
  }

  close(): void {
    this.#state = "closed";
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
  }

  async #connect(): Promise<void> {
    const socket = await openSocket(this.#task.access, this.#path, {
      message: (text) => {
        this.#received(text);
      },
      closed: (problem) => {
        this.#socket = null;
        this.#lost(problem);
      },
    });
    if (this.#state !== "open") {
      socket.close();
      throw new PortcullisError("broker-unavailable", `the subscription of ${this.#task.topic} is closed`);
    }
    this.#socket = socket;
    this.#attempts = 0;
    this.#permit(this.#task.options.prefetch - this.#underWay);
  }

  #lost(problem: unknown): void {
    if (this.#state !== "open") return;
    const wait = backoff(this.#attempts++);
    this.#task.log.warn(
      { topic: this.#task.topic, error: { message: messageOf(problem) } },
      "the connection to the broker is down, and is tried again",
    );
    this.#timer = setTimeout(() => {
      this.#connect().catch((error: unknown) => {
        this.#lost(error);
      });
    }, wait);
  }

  #permit(messages: number): void {
    if (messages > 0 && this.#state === "open") void this.#send({ type: "permit", permitMessages: messages });
  }

  #received(text: string): void {
    const message = parsed(text);
    if (message === null) {
      this.#task.log.error(
        { topic: this.#task.topic },
        "the broker sent what is no message; the connection is made anew",
      );
      this.#socket?.close();
      this.#socket = null;
      this.#lost("it sent what is no message");
      return;
    }
    if (this.#state !== "open") {
      void this.#send({ type: "negativeAcknowledge", messageId: message.messageId });
      return;
    }
    this.#underWay++;
    this.#task.receive(this.#delivery(message));
  }

  #delivery({ messageId, payload, properties, key, redeliveryCount }: PulsarMessage): Delivery {
    const bytes = Buffer.from(payload, "base64");
    const { topic } = this.#task;
    let isAnswered = false;
    const answer = (command: object): Promise<void> => {
      if (isAnswered) return Promise.resolve();
      isAnswered = true;
      return this.#answer(command);
    };
    return {
      ...{ topic, key, properties, bytes, redeliveries: redeliveryCount, id: messageId },
      get body() {
        return bytes.toString("utf8");
      },
      ack: () => answer({ messageId }),
      nack: () => answer({ type: "negativeAcknowledge", messageId }),
    };
  }

  /** Over the connection that there is: Pulsar takes the acknowledgement of a message that came over another. */
  async #answer(command: object): Promise<void> {
    this.#underWay--;
    await this.#send(command);
    if (this.#state === "open") this.#permit(1);
    else if (this.#underWay === 0) this.close();
  }

  /** What cannot be sent leads to a redelivery. */
  #send(command: object): Promise<void> {
    return this.#socket?.send(JSON.stringify(command)).catch(() => undefined) ?? Promise.resolve();
  }
}

interface PulsarMessage {
  readonly messageId: string;
  readonly payload: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly key: string | null;
  readonly redeliveryCount: number;
}

function parsed(text: string): PulsarMessage | null {
  try {
    const { messageId, payload, properties, key, redeliveryCount } = JSON.parse(text) as Record<string, unknown>;
    if (typeof messageId !== "string" || typeof payload !== "string") return null;
    return {
      ...{ messageId, payload, key: typeof key === "string" ? key : null },
      properties: Object.fromEntries(
        Object.entries(properties ?? {}).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
      ),
      redeliveryCount: typeof redeliveryCount === "number" ? redeliveryCount : 0,
    };
  } catch {
    return null;
  }
}
