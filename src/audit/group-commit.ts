// Appends that come together share a statement, one at a time: the lock of the chain's end is taken once for all of them.
import { PortcullisError } from "../errors.js";
import type { AuditReceipt } from "./trail.js";

/** Appends texts in one transaction, all or none. */
export type AppendBatch = (texts: readonly string[]) => Promise<readonly AuditReceipt[]>;

const maximumBatch = 500;
const maximumBatchBytes = 4 * 1024 * 1024;
/** Beyond that, whoever appends waits before its text is even made. */
const maximumWaiting = 4_000;
const maximumWaitingBytes = 32 * 1024 * 1024;

interface Waiting {
  readonly text: string;
  readonly resolve: (receipt: AuditReceipt) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #append: AppendBatch;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Those that wait for room, in their order. */
  readonly #callers: (() => void)[] = [];
  #running: Promise<void> | null = null;

  constructor(append: AppendBatch) {
    this.#append = append;
  }

  async add(makeText: () => string): Promise<AuditReceipt> {
    if (this.#isFull() || this.#callers.length > 0) await new Promise<void>((resolve) => this.#callers.push(resolve));
    const text = makeText();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#waitingBytes += text.length;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  #isFull(): boolean {
    return this.#waiting.length >= maximumWaiting || this.#waitingBytes >= maximumWaitingBytes;
  }

  async #run(): Promise<void> {
    // What is added in the same turn belongs to the first batch.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#callers.length > 0) {
      if (this.#waiting.length > 0) await this.#write(this.#take());
      await this.#admit();
    }
    this.#running = null;
  }

  #take(): readonly Waiting[] {
    let [count, bytes] = [0, 0];
    for (const { text } of this.#waiting) {
      bytes += text.length;
      if (count > 0 && (count >= maximumBatch || bytes > maximumBatchBytes)) break;
      count++;
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    for (const { text } of taken) this.#waitingBytes -= text.length;
    return taken;
  }

  /** Lets callers in as long as there is room: each adds its text before the next one is let in. */
  async #admit(): Promise<void> {
    while (!this.#isFull() && this.#callers.length > 0) {
      this.#callers.shift()?.();
      await Promise.resolve();
    }
    await Promise.resolve();
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const receipts = await this.#append(batch.map(({ text }) => text));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const receipt = receipts[i];
        if (receipt === undefined)
          reject(new PortcullisError("internal", "the audit trail gave no receipt for an entry"));
        else resolve(receipt);
      }
    } catch (error) {
      // A statement that was refused kept nothing: one that the database cannot take does not take the others with it.
      if (batch.length > 1 && error instanceof PortcullisError && error.code === "internal") {
        for (const one of batch) await this.#write([one]);
      } else for (const { reject } of batch) reject(error);
    }
  }
}
