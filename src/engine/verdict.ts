import type { Location, Resource } from "../inventory/resource.js";
import type { Json, JsonObject } from "../json.js";
import type { Severity } from "./policy.js";

export const verdictKinds = ["pass", "fail", "unknown", "error", "waived", "not-applicable"] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export interface Reason {
  readonly message: string;
  /** JSON Pointer into the resource, or null. */
  readonly path: string | null;
  readonly location: Location | null;
}

export type VerdictResource = Pick<Resource, "id" | "provider" | "type" | "name" | "account" | "region">;

/** The result of one policy on one resource. */
export interface Verdict {
  readonly policy: string;
  readonly title: string;
  readonly severity: Severity;
  readonly verdict: VerdictKind;
  readonly resource: VerdictResource;
  /** Why it is not a pass; the first one is the one that is shown in a line. Empty for `pass` and `not-applicable`. */
  readonly reasons: readonly Reason[];
  /** The pointers that an `unknown` verdict depended on. */
  readonly unknown: readonly string[];
  readonly controls: readonly ControlReference[];
  readonly fingerprint: string;
  readonly remediation: string | null;
  /** Null unless it was asked for. */
  readonly explanation: Explanation | null;
  /** How a policy pack would put the resource right. */
  readonly proposal?: Proposal;
  /** What excuses it; only for `waived`, whose reasons and fingerprint are those of the verdict that it would be. */
  readonly waiver?: AppliedWaiver;
  /** Who is responsible for the resource, by its tags or the configured mapping. */
  readonly owner?: string | null;
}

/** Why a verdict that would be `fail` or `unknown` is `waived`. */
export interface AppliedWaiver {
  /** `waiver`: approved, from a file or the store. `suppression`: a comment in the code. */
  readonly kind: "waiver" | "suppression";
  /** The waiver's id, or the comment's place as `file:line`. */
  readonly id: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly requester: string | null;
  readonly approver: string | null;
  /** RFC 3339; null only for a suppression without one. */
  readonly expires: string | null;
  /** The verdict without it. */
  readonly would: "fail" | "unknown";
}

/** Other properties that a policy proposes for a resource. Nothing changes until the gate allows it. */
export interface Proposal {
  /** Id of the remediation. */
  readonly remediation: string;
  /** The resource as Pulumi names it, and its type there. */
  readonly urn: string;
  readonly type: string;
  /** RFC 6902, into the properties as Pulumi names them. Secrets are redacted. */
  readonly changes: readonly ProposedChange[];
}

export interface ProposedChange {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value: Json;
  /** What is there; absent where nothing is. */
  readonly before?: Json;
  /** The value is not the one that the policy proposes: a secret was taken out of it. */
  readonly redacted?: true;
}

/** What a verdict was made of. */
export interface Explanation {
  /** The rules that gave a value, in the order in which they did. */
  readonly rules: readonly { readonly rule: string; readonly location: Location }[];
  readonly reads: readonly ReadValue[];
  /** The policy pack that judged. */
  readonly pack?: PackExplanation;
}

export interface PackExplanation {
  readonly name: string;
  readonly version: string;
  readonly policy: string;
  readonly enforcementLevel: string;
  /** What the policy ran with: defaults, the pack's and the user's. Secrets are redacted. */
  readonly configuration: JsonObject;
  /** URNs of what it was shown. */
  readonly resources: readonly string[];
}

/** A value that the policy looked at. Secrets and long texts are shortened. */
export interface ReadValue {
  /** The other resource that it belongs to, null for the one that is judged. */
  readonly resource: string | null;
  /** JSON Pointer into the resource. */
  readonly path: string;
  /** Null where there is none: `state` tells that from a value that is null. */
  readonly value: Json;
  readonly state: "present" | "absent" | "unknown";
  readonly location: Location | null;
}

export interface ControlReference {
  readonly baseline: string;
  readonly control: string;
}
