// Writes happen behind the back of a scan, one after the other: it reads and judges on while the database works, or is away
// for a while, and waits only when too much has gathered.
import { outlasting, type Patience } from "./outage.js";

const mostWaiting = 8;

export class WriteQueue {
  readonly #patience: Patience;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #fault: Error | null = null;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** `write` may be done twice. Resolves when there is room for more. Throws what a former write failed of. */
  async push(write: () => Promise<void>): Promise<void> {
    this.#throwFault();
    this.#waiting++;
    const before = this.#tail;
    this.#tail = before.then(() => this.#run(write));
    if (this.#waiting > mostWaiting) await before;
    this.#throwFault();
  }

  /** Resolves when all is written. */
  async drain(): Promise<void> {
    await this.#tail;
    this.#throwFault();
  }

  async #run(write: () => Promise<void>): Promise<void> {
    try {
      if (this.#fault === null) await outlasting(write, this.#patience);
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#waiting--;
    }
  }

  #throwFault(): void {
    if (this.#fault !== null) throw this.#fault;
  }
}
