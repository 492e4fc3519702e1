// An approved, expiring exception: what it says, and what it covers. Knows nothing of where it is kept.
import { createHash } from "node:crypto";
import { canonicalJson } from "../audit/canonical-json.js";
import type { VerdictResource } from "../engine/verdict.js";
import type { Resource } from "../inventory/resource.js";
import { own, type Json } from "../json.js";
import { redactJson } from "../redact.js";
import { storable } from "../store/storable.js";
import { matches, matchesAll } from "./glob.js";

/**
 * In each list one must fit, and each list that is not empty must have one that does. There are policies or controls, and
 * something that limits the resources. Names may hold `*` for any text.
 */
export interface WaiverScope {
  /** Ids of policies, former ids too. */
  readonly policies: readonly string[];
  /** `baseline/control`. */
  readonly controls: readonly string[];
  /** Ids of resources. */
  readonly resources: readonly string[];
  /** `key=value`; the resource must have every one of them. */
  readonly tags: readonly string[];
  readonly accounts: readonly string[];
}

export interface Waiver {
  readonly id: string;
  readonly scope: WaiverScope;
  readonly reason: string;
  readonly ticket: string | null;
  readonly requester: string;
  /** Null while it is only requested. */
  readonly approver: string | null;
  /** RFC 3339, UTC; from this instant on. */
  readonly start: string;
  /** Not at this instant any more. */
  readonly expires: string;
  /** Ends for a resource when that changes. */
  readonly endsOnChange: boolean;
  /** What the one resource was like when it was approved; null where it is recorded for each at its first match. */
  readonly configHash: string | null;
  /** `expired` is a matter of time, and told by `stateOf`. */
  readonly status: "requested" | "approved" | "rejected" | "revoked";
  /** The file that it is from as `file:line`; null for one of the store. */
  readonly file: string | null;
  /** Resources of a stored one whose configuration is recorded: hashes by id, as the store keeps it. */
  readonly bound: ReadonlyMap<string, string>;
}

const day = 24 * 60 * 60 * 1_000;
/** A year, whichever it is. */
export const longestWaiver = 366 * day;
export const warningPeriod = 14 * day;

export type WaiverState = "requested" | "waiting" | "in-force" | "expired" | "rejected" | "revoked";

export function stateOf(
  { status, start, expires }: Pick<Waiver, "status" | "start" | "expires">,
  now: Date,
): WaiverState {
  if (status === "rejected" || status === "revoked") return status;
  if (now.getTime() >= Date.parse(expires)) return "expired";
  if (status === "requested") return "requested";
  return now.getTime() < Date.parse(start) ? "waiting" : "in-force";
}

/** What is wrong with a scope, as a sentence; null where nothing is. */
export function scopeProblem({ policies, controls, resources, tags, accounts }: WaiverScope): string | null {
  if (policies.length + controls.length === 0) return "it names no policy and no control";
  if (resources.length + tags.length + accounts.length === 0)
    return 'it limits no resources: name a resource, a tag or an account; resource "*" is all of them';
  const isAllPolicies = isUnlimited(policies) && isUnlimited(controls.map(withoutSlash));
  const isAllResources = tags.length === 0 && isUnlimited(resources) && isUnlimited(accounts);
  if (isAllPolicies && isAllResources) return "it covers every policy on every resource";
  return null;
}

/** Also where it only says so in other words: `*` as an account, or every control of every baseline. */
function isUnlimited(patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some(matchesAll);
}

const withoutSlash = (control: string): string => control.replace("/", "");

/** What is wrong with its times, as a sentence; null where nothing is. */
export function periodProblem(start: string, expires: string): string | null {
  const length = Date.parse(expires) - Date.parse(start);
  if (!(length > 0)) return "it expires before it starts";
  return length > longestWaiver ? "it expires more than 366 days after its start" : null;
}

/** Names of people are the same in whatever case, with whatever blanks and signs that nobody sees they are written. */
export function isSamePerson(a: string, b: string): boolean {
  const plain = (name: string): string =>
    name
      .normalize("NFKC")
      .replace(/[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu, "")
      .toLowerCase();
  return plain(a) === plain(b);
}

export type ScopedResource = Pick<VerdictResource, "id" | "account"> & { readonly tags: Resource["tags"] };

export function coversResource({ resources, tags, accounts }: WaiverScope, resource: ScopedResource): boolean {
  const { id, account } = resource;
  return (
    (resources.length === 0 || resources.some((pattern) => matches(pattern, id))) &&
    (accounts.length === 0 || (account !== null && accounts.some((pattern) => matches(pattern, account)))) &&
    tags.every((tag) => hasTag(resource.tags, tag))
  );
}

/** `key=value`: the first `=` divides them, and the value may hold `*`. */
export function hasTag(tags: Resource["tags"], tag: string): boolean {
  const at = tag.indexOf("=");
  const value = own(tags, tag.slice(0, at));
  return at > 0 && typeof value === "string" && matches(tag.slice(at + 1), value);
}

/** SHA-256 over what is kept of a resource, without its secrets: what `configHash` of a waiver names. */
export function configHash(resource: {
  readonly name: string | null;
  readonly tags: Resource["tags"];
  readonly config: Json;
}): string {
  const { name, tags, config } = resource;
  const text = canonicalJson(storable(redactJson({ name, tags, config }).value));
  return createHash("sha256").update(text).digest("hex");
}
