// Many changes as few lines: grouped by what happened, policy, severity and account, with some examples of each. What is not
// shown is counted, so that nothing is lost without a word.
import type { JsonObject } from "../json.js";
import type { AlertData } from "./alert-event.js";

export interface Example extends JsonObject {
  readonly fingerprint: string;
  readonly resource: string;
  readonly region: string | null;
  readonly message: string;
  readonly link: string | null;
}

export interface DigestGroup extends JsonObject {
  readonly change: AlertData["change"];
  readonly policy: string;
  readonly title: string;
  readonly severity: AlertData["severity"];
  readonly account: string | null;
  readonly count: number;
  readonly examples: readonly Example[];
}

export interface Digest extends JsonObject {
  readonly kind: "digest";
  readonly groups: readonly DigestGroup[];
  /** Changes of groups that found no place. */
  readonly more: number;
}

export const emptyDigest: Digest = { kind: "digest", groups: [], more: 0 };

export const mostExamples = 5;
export const mostGroups = 200;

/** The digest with the changes added to it. */
export function withChanges(digest: Digest, changes: readonly AlertData[]): Digest {
  const groups = new Map(digest.groups.map((group) => [keyOf(group, group.account), group]));
  let { more } = digest;
  for (const change of changes) {
    const key = keyOf(change, change.resource.account);
    const group = groups.get(key);
    if (group !== undefined) groups.set(key, withExample(group, change));
    else if (groups.size < mostGroups) groups.set(key, withExample(groupOf(change), change));
    else more++;
  }
  return { kind: "digest", groups: [...groups.values()], more };
}

function keyOf(of: Pick<AlertData, "change" | "policy" | "severity">, account: string | null): string {
  return JSON.stringify([of.change, of.policy, of.severity, account]);
}

function groupOf({ change, policy, title, severity, resource }: AlertData): DigestGroup {
  return { change, policy, title, severity, account: resource.account, count: 0, examples: [] };
}

function withExample(group: DigestGroup, { fingerprint, resource, message, link }: AlertData): DigestGroup {
  const example = { fingerprint, resource: resource.name ?? resource.id, region: resource.region, message, link };
  const examples = group.examples.length < mostExamples ? [...group.examples, example] : group.examples;
  return { ...group, count: group.count + 1, examples };
}
