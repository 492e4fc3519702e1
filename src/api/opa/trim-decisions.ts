// Removes logged decisions that are older, or more, than are to be kept.
import type { Clock } from "../../clock.js";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import type { Part } from "../../service/part.js";
import type { DecisionLog } from "../../store/decision-log.js";

export interface TrimmerOptions {
  readonly log: Logger;
  readonly clock: Clock;
  readonly decisions: Pick<DecisionLog, "trim">;
  readonly days: number | null;
  readonly records: number | null;
}

const everyMs = 10 * 60 * 1_000;
const dayMs = 24 * 60 * 60 * 1_000;

export class DecisionTrimmer implements Part {
  readonly name = "decision log retention";
  readonly #options: TrimmerOptions;
  #timer: NodeJS.Timeout | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(options: TrimmerOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const trim = (): void => {
      this.#last = this.#trim();
    };
    this.#timer = setInterval(trim, everyMs).unref();
    trim();
    return Promise.resolve();
  }

  trouble(): Promise<null> {
    return Promise.resolve(null);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#last;
  }

  async #trim(): Promise<void> {
    const { decisions, clock, days, records, log } = this.#options;
    const before = days === null ? null : new Date(clock.now().getTime() - days * dayMs).toISOString();
    await decisions.trim({ before, records }).catch((error: unknown) => {
      log.warn(`decision log retention: ${messageOf(error)}`);
    });
  }
}
