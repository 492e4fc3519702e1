// The loop of a part that looks for work: it looks, waits, and looks again until it is stopped. What a look throws is told, and the
// next look comes all the same.
import { setTimeout as sleep } from "node:timers/promises";
import { Wake } from "../events/wake.js";

export interface PollLoopOptions {
  /** Aborted when the part stops. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  readonly pollMs: number;
  /** Logs what a look threw, and says it in a few words without secrets. */
  readonly failed: (error: unknown) => string;
  /** After the last look: what is held is let go. */
  readonly ended?: () => Promise<unknown>;
}

/** `start`, `trouble` and `stop` are those of a `Part`. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #wake = new Wake();
  readonly #stopping = new AbortController();
  #trouble: string | null = "not started";
  #running: Promise<void> | null = null;

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  start(): Promise<void> {
    this.#running ??= this.#run();
    return Promise.resolve();
  }

  trouble(): Promise<string | null> {
    return Promise.resolve(this.#trouble);
  }

  /** There may be something to look at. */
  wake(): void {
    this.#wake.wake();
  }

  /** Resolves when the last look has ended and `others` too, or the time is over. */
  async stop(graceMs: number, others: Promise<unknown> = Promise.resolve()): Promise<void> {
    this.#stopping.abort();
    this.#wake.wake();
    const ended = Promise.allSettled([this.#running, others]);
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    const { look, pollMs, failed, ended } = this.#options;
    while (!this.isStopping) {
      this.#wake.clear();
      try {
        await look(this.#stopping.signal);
        this.#trouble = null;
      } catch (error) {
        this.#trouble = failed(error);
      }
      await this.#wake.wait(pollMs);
    }
    await ended?.();
  }
}
