// Everything that can be done with actions, for the command line, the API, events and GitOps alike.
import type { Caller } from "../audit/trail.js";
import type { JsonObject } from "../json.js";
import type { ActionKind, ActionRequest, Plan, Step } from "./action.js";
import type { Decision, Requester } from "./decision.js";

export const actionStates = [
  /** Decided `deny`. */
  "denied",
  "needs-approval",
  /** Allowed, or approved by all who have to; waits for `run`. */
  "ready",
  "running",
  /** A step failed or the stop button was pressed: a person resumes it or rolls it back. */
  "paused",
  "rolling-back",
  "succeeded",
  "rolled-back",
  /** It could not be rolled back: something is between before and after, and a person must look. */
  "failed",
  "rejected",
  /** Not run before its decision expired, or the world changed and the new decision is another one. */
  "expired",
] as const;
export type ActionState = (typeof actionStates)[number];

export interface StoredStep {
  readonly step: Step;
  readonly state: "waiting" | "applying" | "applied" | "verified" | "rolling-back" | "rolled-back" | "failed";
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly output: JsonObject | null;
  readonly message: string | null;
}

export interface Approval {
  readonly decision: string;
  readonly planHash: string;
  readonly approver: string;
  readonly approverSource: string;
  readonly approvedAt: string;
  /** By the one who asked: only in the embedded store, which has one user. */
  readonly selfApproved: boolean;
}

export interface StoredAction {
  readonly id: string;
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly reason: string | null;
  readonly requester: Requester;
  readonly state: ActionState;
  readonly plan: Plan;
  /** The one that counts: the last. */
  readonly decision: Decision;
  readonly approvals: readonly Approval[];
  readonly steps: readonly StoredStep[];
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why it is in the state that it is in. */
  readonly message: string | null;
}

export interface ActionQuery {
  readonly state: ActionState | "all";
  readonly kind?: string;
  readonly target?: string;
  readonly limit: number;
  readonly after?: string;
}

/** The stop button, as it stands. */
export interface Stop {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** Throws PortcullisError `usage` for what the state of an action does not allow, and for who may not. */
export interface Actions {
  readonly kinds: ReadonlyMap<string, ActionKind>;
  /** Plans and decides; keeps nothing but the entry in the audit trail. */
  decide(request: ActionRequest, requester: Requester, caller: Caller): Promise<{ plan: Plan; decision: Decision }>;
  /** Plans, decides, keeps. Changes nothing: dry run is the default of everything. `id` makes a repeated request the same one. */
  request(request: ActionRequest, requester: Requester, caller: Caller, id?: string): Promise<StoredAction>;
  /** Of exactly this decision and this plan. */
  approve(
    id: string,
    shown: { readonly decision: string; readonly planHash: string },
    requester: Requester,
    caller: Caller,
  ): Promise<StoredAction>;
  reject(id: string, reason: string, caller: Caller): Promise<StoredAction>;
  /**
   * To its end: succeeded, rolled back, paused or failed. The world is read again first; where the plan is another one than the
   * one that was decided on, it is decided again, and runs only if that decision is `allow` too.
   */
  run(id: string, caller: Caller): Promise<StoredAction>;
  /** Of an action that succeeded, is paused or failed: itself decided by the gate, and in the journal. */
  rollback(id: string, reason: string, by: Caller & Partial<Pick<Requester, "roles">>): Promise<StoredAction>;
  get(id: string): Promise<StoredAction | null>;
  list(query: ActionQuery): Promise<{ readonly actions: readonly StoredAction[]; readonly next: string | null }>;
  /** Takes over what processes that are gone left unfinished: resumes it, or rolls it back. Returns how many. */
  recover(): Promise<number>;
  /** Stops everything between steps, and nothing starts, until `release`. */
  stop(reason: string, caller: Caller): Promise<void>;
  release(caller: Caller): Promise<void>;
  stopped(): Promise<Stop | null>;
}
