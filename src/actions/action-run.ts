// A run of an action by the process that claimed it, and what every part of it needs: how to look at the world, and which errors are
// no failure of the action.
import { messageOf, PortcullisError } from "../errors.js";
import type { PendingEvent } from "../events/outbox.js";
import type { ActionContext, ActionKind, Step, StepState } from "./action.js";
import type { StoredAction } from "./actions.js";
import type { Gate } from "./decision.js";
import type { Claim, Journal } from "./journal.js";

export interface Run {
  readonly journal: Journal;
  readonly kind: ActionKind;
  readonly gate: Gate;
  readonly claim: Claim;
  /** Aborted when the process stops or the lease is lost. */
  readonly signal: AbortSignal;
  readonly eventsOf: (action: StoredAction) => readonly PendingEvent[];
}

/** What came of a step. */
export type Outcome = { readonly kind: "done" } | Undone;

export interface Undone {
  readonly kind: "paused" | "failed";
  readonly message: string;
}

export const allStopped = "all actions were stopped";

export function contextOf({ journal, claim, signal }: Run, step: Step | null): ActionContext {
  return {
    action: claim.action,
    signal,
    say(text) {
      if (step !== null && !signal.aborted) void journal.stepSays(claim, step.id, text).catch(() => undefined);
    },
  };
}

export type Seen =
  { readonly state: StepState; readonly fault: null } | { readonly state: null; readonly fault: string };

/** What is there of a step. That it cannot be read is an answer too. */
export async function lookAt({ kind }: Run, step: Step, context: ActionContext): Promise<Seen> {
  try {
    return { state: await kind.inspect(step, context), fault: null };
  } catch (error) {
    return { state: null, fault: messageOf(error) };
  }
}

/** The end of this process, of its lease or of the database is no failure of the action: somebody else goes on with it. */
export function throwWhatEndsTheRun(error: unknown, signal: AbortSignal): void {
  if (error instanceof PortcullisError && error.code === "store-unavailable") throw error;
  signal.throwIfAborted();
}
