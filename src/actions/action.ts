// An action: a change to infrastructure that can be planned, applied, verified and rolled back. Nothing else changes infrastructure.
import type { TSchema } from "@sinclair/typebox";
import type { PropertyFailure } from "../inventory/scan-item.js";
import type { Resource } from "../inventory/resource.js";
import type { Json, JsonObject } from "../json.js";

/** A resource as a plan and the journal keep it: plain JSON, since it outlives the process. */
export interface PlannedResource {
  readonly resource: Resource;
  readonly references: readonly string[];
  /** Properties that could not be read. */
  readonly failures: readonly PropertyFailure[];
}

/** One resource, as it is and as it will be. */
export interface Change {
  /** Null where it is created. */
  readonly before: PlannedResource | null;
  /** Null where it is removed. */
  readonly after: PlannedResource | null;
}

/** The smallest part that is recorded before and after it runs. Data only: whoever resumes the action knows nothing else. */
export interface Step {
  /** Unique in the plan. */
  readonly id: string;
  /** What a person reads: `block public access of qv-orders`. */
  readonly title: string;
  /** Ids of the resources that it changes; each is of a change of the plan. */
  readonly resources: readonly string[];
  /** 0 is the canary. A wave begins when the one before it is verified. */
  readonly wave: number;
  /** What `apply` needs. Never a secret. */
  readonly apply: JsonObject;
  /** What brings the exact former state back; null where nothing can. Never a secret. */
  readonly rollback: JsonObject | null;
}

/** What an action is done to. Two actions on one key never run at once. */
export interface Target {
  /** Such as `aws:111122223333/eu-west-1` or `environment:paper-trading`; of a group of resources, what all of them are in. */
  readonly key: string;
  readonly environment: string | null;
  readonly account: string | null;
  readonly region: string | null;
}

export interface Plan {
  readonly target: Target;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  /** What could not be read. Where there is any, nothing is ever applied. */
  readonly problems: readonly string[];
  /** What the changed resources are a part of: the share of it is limited. Null where there is no such thing. */
  readonly group: { readonly name: string; readonly size: number } | null;
  /** A month, before and after; null where it is not known. */
  readonly cost: { readonly before: number; readonly after: number; readonly currency: string } | null;
}

/** What is there now of what a step changes. */
export type StepState =
  /** As the plan found it. */
  | "before"
  /** As the plan wants it: the step was done. */
  | "after"
  /** This very step was begun and cut in the middle: nothing else was changed, and it can be applied again or rolled back. */
  | "between"
  /** Something that the plan does not know: somebody else changed it, or nobody can say what a cut step did. */
  | "other";

export interface Verification {
  readonly verified: boolean;
  /** Why not, or what was seen. */
  readonly reasons: readonly string[];
  /** What was read again: the policies judge it once more. */
  readonly observed: readonly PlannedResource[];
}

export const actionModules = [
  "remediation",
  "provisioning",
  "configuration",
  "recovery",
  "scaling",
  "hardening",
  "cost",
  "monitoring",
] as const;
export type ActionModule = (typeof actionModules)[number];

/** What an action's own code is given besides its parameters. */
export interface ActionContext {
  /** The action's id; for names of what it makes, so that a repeated step finds it. */
  readonly action: string;
  /** Progress for people; also kept in the journal's step. Never a secret. */
  readonly say: (text: string) => void;
  /** Aborted when the process stops or the lease is lost: end what can be ended cleanly, and throw. */
  readonly signal: AbortSignal;
}

/**
 * One kind of action. Everything but `apply` and `rollback` only reads. All but `plan` are called again after a crash, with the same
 * step: they find out what is there, and are idempotent.
 */
export interface ActionKind {
  /** `MODULE.VERB`: `remediation.apply`, `provisioning.update`. */
  readonly kind: string;
  readonly module: ActionModule;
  readonly title: string;
  /** JSON Schema of the parameters; closed objects only. */
  readonly parameters: TSchema;
  /** Least privilege: the calls that it needs, as the provider's permissions name them. */
  readonly permissions: readonly string[];
  /** What happens when a step fails: all is rolled back, or the failed step is and the rest waits for a person. */
  readonly onFailure: "rollback" | "pause";
  /** How many steps of a wave may be under way at once, but of the first; default 1. `apply` and `inspect` must bear it. */
  readonly atOnce?: number;
  /** Exactly the same for the same world. Throws PortcullisError for parameters that make no sense. */
  plan(parameters: JsonObject, context: ActionContext): Promise<Plan>;
  /** What is there now; asked right before `apply` and `rollback`, and after a crash. */
  inspect(step: Step, context: ActionContext): Promise<StepState>;
  /** What it returns is kept with the step, redacted: outputs, addresses of what was made. */
  apply(step: Step, context: ActionContext): Promise<JsonObject | null>;
  rollback(step: Step, context: ActionContext): Promise<void>;
  /** Reads again what the steps changed, and says whether it is as the plan wants it. */
  verify(plan: Plan, steps: readonly Step[], context: ActionContext): Promise<Verification>;
}

/** What somebody asks for. */
export interface ActionRequest {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly reason: string | null;
}

/** What is bound to decisions and approvals: all of a plan but when and where it was read. */
export interface PlanIdentity {
  readonly kind: string;
  readonly parameters: Json;
  readonly plan: Plan;
}
