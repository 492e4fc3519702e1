// The plan of one resource: read in full, judged, fixed on paper, and judged again. Only what is complete is ever acted on.
import type { Verdict } from "../../engine/verdict.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import type { Json, JsonObject } from "../../json.js";
import type { Change, Step } from "../action.js";
import type { JudgePolicies } from "./judge-policies.js";
import { keptResource } from "./kept-resource.js";
import { Unfixable, type Fix, type LiveCloud, type Remediation, type ResourcePlace } from "./remediation.js";
import { unreadOf } from "./unread.js";

/** What a step carries for `apply`, and for `rollback` with the former value. */
export interface StepData extends JsonObject {
  readonly remediation: string;
  readonly place: ResourcePlace & JsonObject;
  /** For `LiveCloud.write`. */
  readonly value: JsonObject;
  /** The value by which the touched property is found. */
  readonly by: JsonObject;
  readonly was: Json;
  readonly becomes: Json;
  /** Fingerprints of what it puts right. */
  readonly findings: readonly string[];
}

export type Planned =
  | { readonly kind: "change"; readonly change: Change; readonly step: Omit<Step, "wave"> }
  | { readonly kind: "nothing" | "problem"; readonly message: string };

export interface Planning {
  readonly remediation: Remediation;
  readonly cloud: LiveCloud;
  readonly judge: JudgePolicies;
}

export async function planResource(place: ResourcePlace, planning: Planning): Promise<Planned> {
  const { remediation, cloud, judge } = planning;
  const scanned = await cloud.read(place);
  if (scanned === null) return { kind: "nothing", message: `${place.id} is not there` };
  const unread = unreadOf(remediation.touches, scanned.failures);
  if (unread !== null) return { kind: "problem", message: `${place.id}: ${unread.message}` };
  const verdicts = await judge(remediation.policies, scanned);
  const undecided = verdicts.find(({ verdict }) => verdict === "error" || verdict === "unknown");
  if (undecided !== undefined)
    return { kind: "problem", message: `${place.id}: ${reasonOf(undecided)} (${undecided.policy})` };
  const failed = verdicts.filter(({ verdict }) => verdict === "fail");
  if (failed.length === 0) return { kind: "nothing", message: `${place.id} passes` };
  return planFix(scanned, failed, planning);
}

async function planFix(scanned: ScannedResource, failed: readonly Verdict[], planning: Planning): Promise<Planned> {
  const { remediation, judge } = planning;
  const { id } = scanned.resource;
  const fix = fixOf(remediation, scanned, failed);
  if (typeof fix === "string") return { kind: "problem", message: `${id}: ${fix}` };
  const after = { ...scanned, resource: fix.after };
  const still = (await judge(remediation.policies, after)).find(({ verdict }) => verdict !== "pass");
  if (still !== undefined && still.verdict !== "not-applicable")
    return { kind: "problem", message: `${id} would not pass ${still.policy} after it: ${reasonOf(still)}` };
  const change = { before: keptResource(scanned), after: keptResource(after) };
  return { kind: "change", change, step: stepOf(scanned, fix, { remediation, failed }) };
}

function fixOf(remediation: Remediation, { resource }: ScannedResource, failed: readonly Verdict[]): Fix | string {
  try {
    return remediation.plan(resource, failed) ?? "the policy fails, but there is nothing that this remediation changes";
  } catch (error) {
    if (error instanceof Unfixable) return error.message;
    throw error;
  }
}

interface For {
  readonly remediation: Remediation;
  readonly failed: readonly Verdict[];
}

function stepOf({ resource }: ScannedResource, fix: Fix, { remediation, failed }: For): Omit<Step, "wave"> {
  const { id, type, name, account, region } = resource;
  const data = {
    remediation: remediation.id,
    place: { id, type, name, account: account ?? "", region },
    by: fix.value,
    was: remediation.property(resource, fix.value),
    becomes: remediation.property(fix.after, fix.value),
    findings: failed.map(({ fingerprint }) => fingerprint),
  };
  return {
    id: `${remediation.id}:${id}`,
    title: `${remediation.title}: ${name ?? id}`,
    resources: [id],
    apply: { ...data, value: fix.value },
    rollback: fix.former === null ? null : { ...data, value: fix.former },
  };
}

function reasonOf({ verdict, reasons }: Verdict): string {
  return reasons[0]?.message ?? verdict;
}
