// The journal of actions as the runner sees it: what is kept before and after everything that changes something. See decision 12.
import type { Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import type { PendingEvent } from "../events/outbox.js";
import type { JsonObject } from "../json.js";
import type { ActionModule, Plan } from "./action.js";
import type { ActionQuery, ActionState, Stop, StoredAction } from "./actions.js";
import type { Decision, Requester } from "./decision.js";

/** What a decision lets an action do. */
export type Purpose = "run" | "rollback";

export interface NewAction {
  readonly id: string;
  readonly kind: string;
  readonly module: ActionModule;
  readonly parameters: JsonObject;
  readonly reason: string | null;
  readonly requester: Requester;
  readonly plan: Plan;
  readonly decision: Decision;
}

export interface NewDecision {
  readonly purpose: Purpose;
  readonly decision: Decision;
  /** Null where the action keeps the plan that it has. */
  readonly plan: Plan | null;
  /** The state that follows; null where it stays. */
  readonly state: "ready" | "needs-approval" | "denied" | "expired" | null;
  readonly message: string | null;
}

/** An action that runs now. */
export interface RunningAction {
  readonly action: string;
  readonly kind: string;
  readonly module: string;
  readonly region: string | null;
}

/** That a process runs an action. It ends when another one takes it over, which has a higher fence. */
export interface Claim {
  readonly action: string;
  readonly fence: number;
  readonly by: Caller;
  /** Taken over from a process that is gone. */
  readonly recovering: boolean;
}

export interface StepEnd {
  readonly state: "applied" | "verified" | "failed" | "rolled-back";
  readonly output?: JsonObject | null;
  readonly message?: string | null;
}

export interface ActionEnd {
  readonly state: "paused" | "rolling-back" | "succeeded" | "rolled-back" | "failed";
  readonly message: string | null;
  /** Counts for the circuit breaker. */
  readonly isFailure: boolean;
  /** Told in the same transaction. */
  readonly events: (action: StoredAction) => readonly PendingEvent[];
}

export interface Start {
  readonly state: "running" | "rolling-back";
  readonly holder: string;
  readonly leaseMs: number;
  readonly breaker: Breaker;
}

export interface Breaker {
  readonly failures: number;
  readonly minutes: number;
}

/** The claim is another's: nothing more may be changed by whoever had it. */
export class LostAction extends PortcullisError {
  constructor(action: string) {
    super(
      "store-unavailable",
      `action ${action} is not this process's any more: another one goes on with it; see: portcullis actions show ${action}`,
    );
    this.name = "LostAction";
  }
}

/**
 * Each change and its audit entry are kept together or not at all. What takes a claim throws LostAction where it does not hold any
 * more, and changes nothing then. Throws PortcullisError `usage` for what the state of an action does not allow,
 * `store-unavailable` where the database is not there.
 */
export interface Journal {
  /** Nobody else can use this store, so that the one user approves his own requests. */
  readonly hasOneUser: boolean;
  /** An entry in the audit trail, of a decision that nothing follows from. */
  noteDecision(asked: NewAction, caller: Caller): Promise<void>;
  /** With an id that is there already: that action, where it asks for the same. */
  keep(action: NewAction, caller: Caller): Promise<StoredAction>;
  decideAgain(id: string, decision: NewDecision, caller: Caller): Promise<StoredAction>;
  approve(
    id: string,
    shown: { readonly decision: string; readonly planHash: string },
    by: { readonly requester: Requester; readonly caller: Caller },
  ): Promise<StoredAction>;
  reject(id: string, reason: string, caller: Caller): Promise<StoredAction>;
  /** Whether the last decision lets the action do it now. */
  mayDo(id: string, purpose: Purpose): Promise<boolean>;
  /** Throws `usage` while everything is stopped, after too many failures, or where another action runs on the target. */
  begin(id: string, start: Start, caller: Caller): Promise<Claim>;
  /** The next action of these kinds whose holder was silent for too long; null where there is none. */
  takeOver(kinds: readonly string[], holder: string, leaseMs: number): Promise<Claim | null>;
  renew(claim: Claim, leaseMs: number): Promise<void>;
  /** So that the next one need not wait. Changes nothing where the claim was lost. */
  letGo(claim: Claim): Promise<void>;
  /** False where everything is stopped: then the step must not be done. */
  stepBegins(claim: Claim, step: string, state: "applying" | "rolling-back"): Promise<boolean>;
  stepsEnd(claim: Claim, steps: readonly string[], end: StepEnd): Promise<void>;
  /** What an action said while a step ran; the last is kept. */
  stepSays(claim: Claim, step: string, text: string): Promise<void>;
  becomes(claim: Claim, end: ActionEnd): Promise<StoredAction>;
  /** How often it was taken over since somebody ran it, and whether its decision still counts. */
  standing(claim: Claim, purpose: Purpose): Promise<{ readonly takeovers: number; readonly isDecided: boolean }>;
  /** How many actions of the kind failed since then. */
  recentFailures(kind: string, since: Date): Promise<number>;
  running(): Promise<readonly RunningAction[]>;
  get(id: string): Promise<StoredAction | null>;
  list(query: ActionQuery): Promise<{ readonly actions: readonly StoredAction[]; readonly next: string | null }>;
  stop(reason: string, caller: Caller): Promise<void>;
  release(caller: Caller): Promise<void>;
  stopped(): Promise<Stop | null>;
}

/** States after which nothing happens by itself. */
export const endStates: ReadonlySet<ActionState> = new Set([
  "denied",
  "succeeded",
  "rolled-back",
  "failed",
  "rejected",
  "expired",
]);
