import type { Role } from "../roles.js";

/** Highest first. */
export const severities = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof severities)[number];

/** True when `a` is as severe as `b`, or more. */
export function atLeast(a: Severity, b: Severity): boolean {
  return severities.indexOf(a) <= severities.indexOf(b);
}

/** One rule about resources, in Rego or of a Pulumi policy pack (CrossGuard). */
export interface Policy {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly engine: "rego" | "crossguard";
  /** Resource types that it concerns. Empty for a pack's policy, which sees every resource and says itself what concerns it. */
  readonly types: readonly string[];
  /** The first part of the id for shipped policies: aws, kubernetes, terraform. */
  readonly provider: string;
  /** Former ids, the first one first: findings keep the fingerprint that they had under it. */
  readonly aliases: readonly string[];
  /** How a person puts it right, in a sentence or two. */
  readonly fix: string;
  /** Id of the remediation that puts it right by itself, or null. */
  readonly remediation: string | null;
  readonly relatedResources: readonly string[];
  readonly source: { readonly file: string; readonly line: number };
  /** Of a policy about actions: who may let an action through that fails it. Absent where nobody may. */
  readonly approval?: Approval | undefined;
}

export interface Approval {
  /** One of them is enough for each person. */
  readonly roles: readonly Role[];
  /** So many people, each another one. */
  readonly count: number;
}

/** The type that an action has where policies judge it. */
export const actionType = "Portcullis::Action";

/** Only the gate asks it. */
export function isActionPolicy({ types }: Pick<Policy, "types">): boolean {
  return types.includes(actionType);
}

/**
 * A rule in Rego, as the `# METADATA` annotation of its package describes it. The id is the package's path with `-`
 * (`aws.s3.block_public_access` is `aws-s3-block-public-access`), so it is written nowhere. Its types are an index: it never
 * runs on another type.
 */
export interface RegoPolicy extends Policy {
  readonly engine: "rego";
  /** The package, with slashes: `aws/s3/block_public_access`. */
  readonly path: string;
  /** The package has a rule `applies`: where it is not true the verdict is `not-applicable`. */
  readonly hasApplies: boolean;
  readonly reads: Reads;
}

/**
 * What the policy's rules can read at all, found by the compiler from the rules that `deny` and `applies` depend on.
 * Each pattern is a list of segments below `input` or below one resource of `data.inventory.resources`; `*` is any key.
 * A pattern reads everything at and below it: `[]` is all of it.
 */
export interface Reads {
  readonly input: readonly (readonly string[])[];
  /** Null when the policy does not look at `data.inventory`. */
  readonly inventory: readonly (readonly string[])[] | null;
}

/** One rule over whole documents, as conftest has them: `deny`, `violation`, `warn`, with a suffix or without. */
export interface DocumentPolicy {
  readonly namespace: string;
  readonly rule: string;
  readonly kind: "deny" | "violation" | "warn" | "exception";
  readonly entrypoint: string;
  readonly file: string;
  readonly line: number;
}
