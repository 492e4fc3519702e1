// Keeps records of decisions before their answers leave: in batches, one write at a time, with a bound on what waits.
import { messageOf, PortcullisError } from "../../errors.js";
import type { DecisionRow } from "../../store/decision-log.js";
import type { Decision } from "./decision.js";
import { decisionEvent, type EventOptions } from "./decision-event.js";
import type { DecisionRecorder } from "./opa.js";

/** Where records go. Resolves when they are there. */
export type Sink = (rows: readonly DecisionRow[]) => Promise<void>;

interface Waiting {
  readonly row: DecisionRow;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const largestBatch = 500;

export class BatchingRecorder implements DecisionRecorder {
  readonly #sink: Sink;
  readonly #options: EventOptions;
  readonly #most: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;

  constructor(sink: Sink, options: EventOptions, most = 10_000) {
    this.#sink = sink;
    this.#options = options;
    this.#most = most;
  }

  record(decision: Decision): Promise<void> {
    if (this.#waiting.length >= this.#most) {
      return Promise.reject(unavailable(`${this.#most} records wait to be written`));
    }
    let row: DecisionRow;
    try {
      const event = decisionEvent(decision, this.#options);
      row = { id: decision.id, at: decision.at.toISOString(), path: decision.path, event: JSON.stringify(event) };
    } catch (error) {
      return Promise.reject(unavailable(messageOf(error)));
    }
    return new Promise((done, failed) => {
      this.#waiting.push({ row, done, failed });
      this.#writing ??= this.#write();
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // what comes in the same turn goes in the same batch
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, largestBatch);
      try {
        await this.#sink(batch.map(({ row }) => row));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(unavailable(messageOf(error), error));
      }
    }
    this.#writing = null;
  }
}

function unavailable(reason: string, cause?: unknown): PortcullisError {
  return new PortcullisError("store-unavailable", `the decision cannot be logged: ${reason}`, { cause });
}
