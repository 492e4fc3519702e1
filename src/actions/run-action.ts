// Runs an action that this process has claimed: step by step, wave by wave, to an end. Everything is in the journal before and after
// it happens, and the world is looked at before it is changed, so that whoever takes the action over knows what to do.
import { messageOf, PortcullisError } from "../errors.js";
import type { PendingEvent } from "../events/outbox.js";
import type { ActionContext, ActionKind, Step } from "./action.js";
import type { StoredAction, StoredStep } from "./actions.js";
import type { Gate } from "./decision.js";
import { endStates, type ActionEnd, type Claim, type Journal } from "./journal.js";
import { wavesOf } from "./limits.js";
import { verifyWave } from "./verify-wave.js";

export interface Run {
  readonly journal: Journal;
  readonly kind: ActionKind;
  readonly gate: Gate;
  readonly claim: Claim;
  /** Aborted when the process stops or the lease is lost. */
  readonly signal: AbortSignal;
  readonly eventsOf: (action: StoredAction) => readonly PendingEvent[];
}

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
  for (const wave of wavesOf(action.steps)) {
    for (const stored of wave) {
      const outcome = await applyStep(run, action, stored);
      if (outcome.kind === "paused") return ended(run, "paused", { message: outcome.message, isFailure: false });
      if (outcome.kind === "failed") {
        await run.journal.stepsEnd(run.claim, [stored.step.id], { state: "failed", message: outcome.message });
        return afterFailure(run, await current(run), `${stored.step.title}: ${outcome.message}`);
      }
      done.push(stored.step);
    }
    const steps = wave.map(({ step }) => step);
    const fault = await waveFault(run, action, { steps, done });
    if (fault === null) continue;
    await run.journal.stepsEnd(run.claim, idsOf(steps), { state: "failed", message: fault });
    return afterFailure(run, await current(run), fault);
  }
  return ended(run, "succeeded", { message: null, isFailure: false });
}

type Outcome = { readonly kind: "done" } | { readonly kind: "paused" | "failed"; readonly message: string };

async function applyStep(run: Run, action: StoredAction, { step, state, startedAt }: StoredStep): Promise<Outcome> {
  if (state === "applied" || state === "verified") return { kind: "done" };
  const { kind, journal, claim } = run;
  const context = contextOf(run, action, step);
  const seen = await looking(() => kind.inspect(step, context));
  if (seen.fault !== null)
    return { kind: "paused", message: `${step.title}: what is there could not be read: ${seen.fault}` };
  // Half of a step that this action never began is somebody else's.
  if (seen.state === "other" || (seen.state === "between" && startedAt === null))
    return {
      kind: "paused",
      message: `${step.title}: somebody else changed it since it was planned; it is left as it is`,
    };
  if (seen.state === "after") {
    const message = state === "waiting" ? "it was as planned already" : null;
    await journal.stepsEnd(claim, [step.id], { state: "applied", message });
    return { kind: "done" };
  }
  if (!(await journal.stepBegins(claim, step.id, "applying")))
    return { kind: "paused", message: "all actions were stopped" };
  return changeIt(run, step, context);
}

async function changeIt({ kind, journal, claim, signal }: Run, step: Step, context: ActionContext): Promise<Outcome> {
  signal.throwIfAborted();
  try {
    const output = await kind.apply(step, context);
    signal.throwIfAborted();
    const is = await kind.inspect(step, context);
    if (is !== "after")
      return {
        kind: "failed",
        message: `after it was applied it is ${is === "before" ? "as before" : "not as planned"}`,
      };
    await journal.stepsEnd(claim, [step.id], { state: "applied", output });
    return { kind: "done" };
  } catch (error) {
    throwWhatEndsTheRun(error, signal);
    return { kind: "failed", message: messageOf(error) };
  }
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
      context: contextOf(run, action, null),
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
  const failed = action.steps.filter(({ state }) => state === "failed" || state === "rolling-back");
  const fault = await undo(run, action, failed);
  if (fault === null) return ended(run, "paused", { message: `paused, because it failed: ${why}`, isFailure: true });
  return notUndone(run, fault, why);
}

async function rollBack(run: Run, action: StoredAction, why: string): Promise<StoredAction> {
  const fault = await undo(run, action, action.steps);
  if (fault === null) return ended(run, "rolled-back", { message: why, isFailure: false });
  return notUndone(run, fault, why);
}

function notUndone(run: Run, { kind, message }: Outcome & { message: string }, why: string): Promise<StoredAction> {
  if (kind === "paused")
    return ended(run, "paused", { message: `${message}, in the middle of this: ${why}`, isFailure: false });
  return ended(run, "failed", { message: `NOT ROLLED BACK: ${message}. A person must look. ${why}`, isFailure: true });
}

/** The last first. Stops at the first that cannot be undone, since others may stand on it; null when all are. */
async function undo(
  run: Run,
  action: StoredAction,
  steps: readonly StoredStep[],
): Promise<(Outcome & { message: string }) | null> {
  const order = wavesOf(steps).flat().toReversed();
  for (const stored of order) {
    if (stored.state === "rolled-back" || stored.state === "waiting") continue;
    const outcome = await undoStep(run, action, stored);
    if (outcome.kind !== "done") return outcome;
  }
  return null;
}

async function undoStep(run: Run, action: StoredAction, { step, startedAt }: StoredStep): Promise<Outcome> {
  const { kind, journal, claim } = run;
  const undone = async (message: string | null): Promise<Outcome> => {
    await journal.stepsEnd(claim, [step.id], { state: "rolled-back", message });
    return { kind: "done" };
  };
  if (startedAt === null) return undone("this action did not change it");
  const context = contextOf(run, action, step);
  const seen = await looking(() => kind.inspect(step, context));
  if (seen.fault !== null)
    return { kind: "failed", message: `${step.title}: what is there could not be read: ${seen.fault}` };
  if (seen.state === "before") return undone(null);
  if (seen.state === "other")
    return { kind: "failed", message: `${step.title}: it is neither as before nor as planned, and was left so` };
  if (step.rollback === null) return { kind: "failed", message: `${step.title}: nothing can undo it` };
  if (!(await journal.stepBegins(claim, step.id, "rolling-back")))
    return { kind: "paused", message: "all actions were stopped" };
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

async function looking(
  look: () => ReturnType<ActionKind["inspect"]>,
): Promise<{ state: Awaited<ReturnType<ActionKind["inspect"]>>; fault: null } | { state: null; fault: string }> {
  try {
    return { state: await look(), fault: null };
  } catch (error) {
    return { state: null, fault: messageOf(error) };
  }
}

/** The end of this process, of its lease or of the database is no failure of the action: somebody else goes on with it. */
function throwWhatEndsTheRun(error: unknown, signal: AbortSignal): void {
  if (error instanceof PortcullisError && error.code === "store-unavailable") throw error;
  signal.throwIfAborted();
}

function contextOf({ journal, claim, signal }: Run, action: StoredAction, step: Step | null): ActionContext {
  return {
    action: action.id,
    signal,
    say(text) {
      if (step !== null && !signal.aborted) void journal.stepSays(claim, step.id, text).catch(() => undefined);
    },
  };
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
