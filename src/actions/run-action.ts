// Runs an action that this process has claimed: step by step, wave by wave, to an end. Everything is in the journal before and after
// it happens, and the world is looked at before it is changed, so that whoever takes the action over knows what to do.
import { messageOf, PortcullisError } from "../errors.js";
import type { Step } from "./action.js";
import { contextOf, lookAt, throwWhatEndsTheRun, type Run, type Undone } from "./action-run.js";
import type { StoredAction, StoredStep } from "./actions.js";
import { endStates, type ActionEnd } from "./journal.js";
import { wavesOf } from "./limits.js";
import { runWave } from "./run-wave.js";
import { undoSteps } from "./undo-steps.js";
import { verifyWave } from "./verify-wave.js";

/** How often an action may be taken over from runners that died, before somebody has to look what it is that kills them. */
const mostTakeovers = 5;

/** Throws LostAction where another process goes on with it, and `store-unavailable`: then another process will. */
export async function runAction(run: Run, action: StoredAction): Promise<StoredAction> {
  const back = action.state === "rolling-back";
  if (run.claim.recovering) {
    const { takeovers, isDecided } = await run.journal.standing(run.claim, back ? "rollback" : "run");
    if (takeovers > mostTakeovers)
      return ended(run, "paused", { message: `${takeovers} processes died while they ran it`, isFailure: true });
    // What was allowed for a time is not begun after it; what is to be undone is.
    if (!back && !isDecided)
      return ended(run, "paused", { message: "its runner died, and then its decision expired", isFailure: false });
  }
  return back ? rollBack(run, action, action.message ?? "it is rolled back") : forward(run, action);
}

async function forward(run: Run, action: StoredAction): Promise<StoredAction> {
  // A runner died after a failure, and before what follows from it.
  const failed = action.steps.filter(({ state }) => state === "failed" || state === "rolling-back");
  if (run.claim.recovering && failed.length > 0)
    return afterFailure(run, action, failed[0]?.message ?? "a step failed");
  const done: Step[] = [];
  for (const [index, wave] of wavesOf(action.steps).entries()) {
    // The first wave is the canary: each of it is one more that nobody has seen go well.
    const outcome = await runWave(run, wave, index === 0 ? 1 : (run.kind.atOnce ?? 1));
    if (outcome.kind === "paused") return ended(run, "paused", { message: outcome.message, isFailure: false });
    if (outcome.kind === "failed") return afterFailure(run, await current(run), outcome.message);
    const steps = wave.map(({ step }) => step);
    done.push(...steps);
    const fault = await waveFault(run, action, { steps, done });
    if (fault === null) continue;
    await run.journal.stepsEnd(run.claim, idsOf(steps), { state: "failed", message: fault });
    return afterFailure(run, await current(run), fault);
  }
  return ended(run, "succeeded", { message: null, isFailure: false });
}

interface Wave {
  readonly steps: readonly Step[];
  /** Of this wave and of those before it. */
  readonly done: readonly Step[];
}

/** Null when the wave is verified. */
async function waveFault(run: Run, action: StoredAction, { steps, done }: Wave): Promise<string | null> {
  const states = new Map((await current(run)).steps.map(({ step, state }) => [step.id, state]));
  if (steps.every(({ id }) => states.get(id) === "verified")) return null;
  try {
    const fault = await verifyWave({
      action,
      done,
      kind: run.kind,
      gate: run.gate,
      context: contextOf(run, null),
    });
    if (fault !== null) return fault;
  } catch (error) {
    throwWhatEndsTheRun(error, run.signal);
    return `what was changed could not be verified: ${messageOf(error)}`;
  }
  run.signal.throwIfAborted();
  await run.journal.stepsEnd(run.claim, idsOf(steps.filter(({ id }) => states.get(id) !== "verified")), {
    state: "verified",
  });
  return null;
}

/** All is rolled back, or only what failed and the rest waits for a person. */
async function afterFailure(run: Run, action: StoredAction, why: string): Promise<StoredAction> {
  if (run.kind.onFailure === "rollback") {
    const message = `rolled back, because it failed: ${why}`;
    const turned = await run.journal.becomes(run.claim, { ...quiet(run), state: "rolling-back", message });
    return rollBack(run, turned, message);
  }
  const fault = await undoSteps(run, await notDone(run, action.steps));
  if (fault === null) return ended(run, "paused", { message: `paused, because it failed: ${why}`, isFailure: true });
  return notUndone(run, fault, why);
}

/** What failed, and what a crash cut beside it; where that is as planned it stays so, as if the crash had come a little later. */
async function notDone(run: Run, steps: readonly StoredStep[]): Promise<readonly StoredStep[]> {
  const left: StoredStep[] = [];
  for (const stored of steps) {
    const { step, state } = stored;
    if (state === "failed" || state === "rolling-back") left.push(stored);
    if (state !== "applying") continue;
    if ((await lookAt(run, step, contextOf(run, step))).state === "after")
      await run.journal.stepsEnd(run.claim, [step.id], { state: "applied" });
    else left.push(stored);
  }
  return left;
}

async function rollBack(run: Run, action: StoredAction, why: string): Promise<StoredAction> {
  const fault = await undoSteps(run, action.steps);
  if (fault === null) return ended(run, "rolled-back", { message: why, isFailure: false });
  return notUndone(run, fault, why);
}

function notUndone(run: Run, { kind, message }: Undone, why: string): Promise<StoredAction> {
  if (kind === "paused")
    return ended(run, "paused", { message: `${message}, in the middle of this: ${why}`, isFailure: false });
  return ended(run, "failed", { message: `NOT ROLLED BACK: ${message}. A person must look. ${why}`, isFailure: true });
}

async function current({ journal, claim }: Run): Promise<StoredAction> {
  const action = await journal.get(claim.action);
  if (action === null) throw new PortcullisError("internal", `action ${claim.action} is gone`);
  return action;
}

function quiet({ eventsOf }: Run): Pick<ActionEnd, "isFailure" | "events"> {
  return { isFailure: false, events: (action) => (endStates.has(action.state) ? eventsOf(action) : []) };
}

function ended(
  run: Run,
  state: ActionEnd["state"],
  { message, isFailure }: Pick<ActionEnd, "message" | "isFailure">,
): Promise<StoredAction> {
  run.signal.throwIfAborted();
  return run.journal.becomes(run.claim, { ...quiet(run), state, message, isFailure });
}

function idsOf(steps: readonly Step[]): readonly string[] {
  return steps.map(({ id }) => id);
}
