// The steps of one wave, as many at once as their kind says. After a failure, a pause or the stop button none begins; those that are
// under way end and are in the journal before anybody goes on.
import { Limiter } from "../concurrency.js";
import { messageOf } from "../errors.js";
import type { ActionContext, Step } from "./action.js";
import {
  allStopped,
  contextOf,
  lookAt,
  throwWhatEndsTheRun,
  type Outcome,
  type Run,
  type Undone,
} from "./action-run.js";
import type { StoredStep } from "./actions.js";

/**
 * Done where every step is. Each that failed is `failed` in the journal, and no step begins after the first of those entries. Throws
 * what ends the run, when nothing of the wave is under way any more.
 */
export function runWave(run: Run, steps: readonly StoredStep[], atOnce: number): Promise<Outcome> {
  return new RunningWave(run).run(steps, atOnce);
}

/** Of a step that is not done; null for what is not about one step. */
interface End extends Undone {
  readonly title: string | null;
}

class RunningWave {
  readonly #run: Run;
  #isHalted = false;
  readonly #ends: End[] = [];
  readonly #thrown: unknown[] = [];
  /** A step begins, or has failed: one after the other, so that the journal has them in their order. */
  readonly #turn = new Limiter(1);

  constructor(run: Run) {
    this.#run = run;
  }

  async run(steps: readonly StoredStep[], atOnce: number): Promise<Outcome> {
    const limiter = new Limiter(atOnce);
    await Promise.all(steps.map((stored) => limiter.run(() => this.#take(stored))));
    if (this.#thrown.length > 0) throw this.#thrown[0];
    // What failed has to be undone, whatever else was found.
    const kind = this.#ends.some((end) => end.kind === "failed") ? "failed" : "paused";
    const ends = this.#ends.filter((end) => end.kind === kind);
    if (ends.length === 0) return { kind: "done" };
    const messages = ends.map(({ title, message }) => (title === null ? message : `${title}: ${message}`));
    return { kind, message: [...new Set(messages)].join("; ") };
  }

  /** Never rejects: the others have to end first. */
  async #take(stored: StoredStep): Promise<void> {
    if (this.#isHalted) return;
    try {
      const end = await this.#apply(stored);
      if (end === null) return;
      this.#isHalted = true;
      this.#ends.push(end);
      const { journal, claim } = this.#run;
      const { kind: state, message } = end;
      if (state === "failed") await this.#turn.run(() => journal.stepsEnd(claim, [stored.step.id], { state, message }));
    } catch (error) {
      this.#isHalted = true;
      this.#thrown.push(error);
    }
  }

  /** Null where it is done, or was not begun because another one halted the wave. */
  async #apply({ step, state, startedAt }: StoredStep): Promise<End | null> {
    if (state === "applied" || state === "verified") return null;
    const { title } = step;
    const context = contextOf(this.#run, step);
    const seen = await lookAt(this.#run, step, context);
    if (this.#isHalted) return null;
    if (seen.fault !== null)
      return { kind: "paused", title, message: `what is there could not be read: ${seen.fault}` };
    // Half of a step that this action never began is somebody else's.
    if (seen.state === "other" || (seen.state === "between" && startedAt === null))
      return { kind: "paused", title, message: "somebody else changed it since it was planned; it is left as it is" };
    if (seen.state === "after") {
      const message = state === "waiting" ? "it was as planned already" : null;
      await this.#run.journal.stepsEnd(this.#run.claim, [step.id], { state: "applied", message });
      return null;
    }
    const begins = await this.#begin(step);
    if (begins === null) return null;
    return begins ? this.#change(step, context) : { kind: "paused", title: null, message: allStopped };
  }

  /** Null where the wave was halted meanwhile; false where everything is stopped. */
  #begin({ id }: Step): Promise<boolean | null> {
    const { journal, claim } = this.#run;
    return this.#turn.run(async () => (this.#isHalted ? null : journal.stepBegins(claim, id, "applying")));
  }

  async #change(step: Step, context: ActionContext): Promise<End | null> {
    const { kind, journal, claim, signal } = this.#run;
    const { title } = step;
    signal.throwIfAborted();
    try {
      const output = await kind.apply(step, context);
      signal.throwIfAborted();
      const is = await kind.inspect(step, context);
      if (is !== "after") {
        const found = is === "before" ? "as before" : "not as planned";
        return { kind: "failed", title, message: `after it was applied it is ${found}` };
      }
      await journal.stepsEnd(claim, [step.id], { state: "applied", output });
      return null;
    } catch (error) {
      throwWhatEndsTheRun(error, signal);
      return { kind: "failed", title, message: messageOf(error) };
    }
  }
}
