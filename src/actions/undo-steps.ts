// Undoes steps: the last first, one after the other, also where they were applied at once. Whoever has to look at a rollback that
// stopped finds one step that could not be undone, and those before it untouched.
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
import { wavesOf } from "./limits.js";

/** Stops at the first that cannot be undone, since others may stand on it; null when all are. */
export async function undoSteps(run: Run, steps: readonly StoredStep[]): Promise<Undone | null> {
  const order = wavesOf(steps).flat().toReversed();
  for (const stored of order) {
    if (stored.state === "rolled-back" || stored.state === "waiting") continue;
    const outcome = await undoStep(run, stored);
    if (outcome.kind !== "done") return outcome;
  }
  return null;
}

async function undoStep(run: Run, { step, startedAt }: StoredStep): Promise<Outcome> {
  const { journal, claim } = run;
  const undone = async (message: string | null): Promise<Outcome> => {
    await journal.stepsEnd(claim, [step.id], { state: "rolled-back", message });
    return { kind: "done" };
  };
  if (startedAt === null) return undone("this action did not change it");
  const context = contextOf(run, step);
  const seen = await lookAt(run, step, context);
  if (seen.fault !== null)
    return { kind: "failed", message: `${step.title}: what is there could not be read: ${seen.fault}` };
  if (seen.state === "before") return undone(null);
  if (seen.state === "other")
    return { kind: "failed", message: `${step.title}: it is neither as before nor as planned, and was left so` };
  if (step.rollback === null) return { kind: "failed", message: `${step.title}: nothing can undo it` };
  if (!(await journal.stepBegins(claim, step.id, "rolling-back"))) return { kind: "paused", message: allStopped };
  const fault = await bringBack(run, step, context);
  return fault === null ? undone(null) : { kind: "failed", message: `${step.title}: ${fault}` };
}

async function bringBack({ kind, signal }: Run, step: Step, context: ActionContext): Promise<string | null> {
  signal.throwIfAborted();
  try {
    await kind.rollback(step, context);
    signal.throwIfAborted();
    const is = await kind.inspect(step, context);
    return is === "before" ? null : "after it was undone it is not as before";
  } catch (error) {
    throwWhatEndsTheRun(error, signal);
    return messageOf(error);
  }
}
