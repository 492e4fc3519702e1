// The policies of the baseline: which versions ran in the period, and the source of the one that is there now.
import type { Baseline } from "../../compliance/baseline.js";
import type { Json, JsonObject } from "../../json.js";
import type { HistoryScan, PolicyVersion } from "../../store/history.js";
import { folderNames } from "./folder-names.js";
import { addFile, addRows, type Packing } from "./pack-lists.js";
import type { Redactor } from "./redactor.js";
import type { EvidencePolicy, EvidenceSources } from "./sources.js";

export interface PolicyFile {
  readonly policy: EvidencePolicy | null;
  /** For `control.json`. */
  readonly description: JsonObject;
}

export interface PolicyFiles {
  readonly byId: ReadonlyMap<string, PolicyFile>;
  /** Rows of `policies/versions`. */
  readonly versions: number;
}

export async function addPolicies(
  packing: Packing,
  {
    baseline,
    scans,
    sources,
    redactor,
  }: {
    readonly baseline: Baseline;
    readonly scans: readonly HistoryScan[];
    readonly sources: EvidenceSources;
    readonly redactor: Redactor;
  },
): Promise<PolicyFiles> {
  const ids = [...new Set(baseline.controls.flatMap(({ policies }) => policies))].sort();
  const names = folderNames(ids);
  const sets = await policySets(scans, sources);
  const byId = new Map<string, PolicyFile>();
  for (const id of ids) {
    const policy = await sources.policy(id);
    const file = `policies/${names.get(id) ?? id}.${policy?.engine === "crossguard" ? "txt" : "rego"}`;
    const ran = versionsOf(id, scans, sets);
    const source = sourceOf(policy, ran, redactor);
    if (source.text !== null) await addFile(packing, file, [source.text]);
    const described = { title: policy?.title ?? null, severity: policy?.severity ?? ran.at(-1)?.severity ?? null };
    const versions = ran.map(({ hash, severity, first, last }) => ({ hash, severity, first, last }));
    byId.set(id, {
      policy,
      description: { id, ...described, versions, source: source.text === null ? null : file, sourceNote: source.note },
    });
  }
  const rows = [...sets].flatMap(([digest, policies]) => policies.map((one) => versionRow(digest, one)));
  return { byId, versions: await addRows(packing, "policies/versions", "policyVersions", rows) };
}

type PolicySets = ReadonlyMap<string, readonly PolicyVersion[]>;

async function policySets(scans: readonly HistoryScan[], { history }: EvidenceSources): Promise<PolicySets> {
  const sets = new Map<string, readonly PolicyVersion[]>();
  for (const { policies } of scans) {
    if (policies !== null && !sets.has(policies)) sets.set(policies, await history.policySet(policies));
  }
  return sets;
}

interface Ran {
  readonly hash: string | null;
  readonly severity: string;
  /** Start of the first and of the last scan that ran it. */
  readonly first: string;
  last: string;
}

function versionsOf(id: string, scans: readonly HistoryScan[], sets: PolicySets): Ran[] {
  const ran = new Map<string, Ran>();
  for (const { policies, startedAt } of scans) {
    const version = policies === null ? undefined : sets.get(policies)?.find((one) => one.id === id);
    if (version === undefined) continue;
    const key = `${version.hash ?? ""} ${version.severity}`;
    const known = ran.get(key);
    if (known !== undefined) known.last = startedAt;
    else ran.set(key, { hash: version.hash, severity: version.severity, first: startedAt, last: startedAt });
  }
  return [...ran.values()];
}

/** The source as it is now is evidence of what ran only where its hash is the one that ran. */
function sourceOf(
  policy: EvidencePolicy | null,
  ran: readonly Ran[],
  redactor: Redactor,
): { readonly text: string | null; readonly note: string } {
  const without = (note: string): { text: null; note: string } => ({ text: null, note });
  if (policy === null) return without("the policy is not there any more");
  if (policy.source === null || policy.hash === null) return without("there is no source to show");
  if (redactor.redact(policy.source) !== policy.source) return without("the source holds what looks like a secret");
  if (ran.length === 0) return { text: policy.source, note: "did not run in the period; as it is now" };
  const same = ran.filter(({ hash }) => hash === policy.hash).length;
  if (same === 0) return without("the source was changed since: its hash is not one of those that ran");
  return {
    text: policy.source,
    note: same === ran.length ? "as it ran" : "as the version with this hash ran; others ran too",
  };
}

function versionRow(
  digest: string,
  { id, title, severity, engine, hash }: PolicyVersion,
): { readonly [key: string]: Json } {
  return { policySet: digest, policy: id, title, severity, engine, hash };
}
