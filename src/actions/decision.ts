// What the gate says of an action, and why.
import type { Verdict } from "../engine/verdict.js";
import type { Actor } from "../identity.js";
import type { ActionModule, Plan } from "./action.js";

export const answers = ["allow", "deny", "needs-approval"] as const;
export type Answer = (typeof answers)[number];

/** Who asks, as the API or the command line authenticated them. */
export interface Requester extends Actor {
  /** Of the API; empty on the command line. */
  readonly roles: readonly string[];
}

export interface Decision {
  readonly id: string;
  readonly answer: Answer;
  /** In words, the most important first. */
  readonly reasons: readonly string[];
  /** SHA-256 of the kind, the parameters and the plan: see `planHash`. */
  readonly planHash: string;
  /** Failures that the action would bring. */
  readonly violations: readonly Verdict[];
  /** Failures that were there before, and stay: named, never a reason. */
  readonly existing: readonly Verdict[];
  /** Failures that the action would end. */
  readonly resolved: readonly Verdict[];
  /** What could not be judged, and was judged before or is new: never an allow by itself. */
  readonly undecided: readonly Verdict[];
  /** Of the policies about actions, all but passes. */
  readonly actionVerdicts: readonly Verdict[];
  /** Who may approve; null where nobody needs to, or nobody can. */
  readonly approval: { readonly roles: readonly string[]; readonly count: number } | null;
  /** RFC 3339, UTC. */
  readonly decidedAt: string;
  /** After that the action is decided again. */
  readonly expiresAt: string;
  /** SHA-256 of the policies and parameters that decided. */
  readonly policies: string;
}

/** What the gate decides on. */
export interface Proposal {
  readonly action: string;
  readonly kind: string;
  readonly module: ActionModule;
  readonly parameters: unknown;
  readonly reason: string | null;
  readonly requester: Requester;
  readonly plan: Plan;
  /** `rollback` brings the former state of an action back: what holds up changes does not hold that up. `run` if absent. */
  readonly purpose?: "run" | "rollback";
}

/** Nothing is kept and nothing changes: the same proposal in the same world gets the same answer. */
export interface Gate {
  decide(proposal: Proposal): Promise<Decision>;
  /** Judges resources alone, as after an action: verdicts that are not passes. */
  judge(resources: Plan["changes"]): Promise<readonly Verdict[]>;
}
