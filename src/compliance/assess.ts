// From verdicts to the status of controls. Knows nothing of how verdicts come about, and keeps counts only, so that a scan
// of any size can be assessed as it goes.
import type { Verdict, VerdictKind } from "../engine/verdict.js";
import type { BaselineResult } from "../report.js";
import type { Baseline, Control, ControlResult, ControlStatus } from "./baseline.js";
import { controlKind } from "./controls.js";

/** One baseline over one check or scan. Add every verdict once, in any order. */
export interface Assessment {
  add(policyId: string, verdict: VerdictKind): void;
  /** The status by control of what was added until now. */
  result(): BaselineResult;
}

type Counts = { [kind in Exclude<VerdictKind, "not-applicable">]: number };

export function createAssessment(baseline: Baseline): Assessment {
  const entries = baseline.controls.map((control) => ({ control, counts: noCounts() }));
  const byPolicy = new Map<string, Counts[]>();
  for (const { control, counts } of entries) {
    for (const policy of new Set(control.policies)) {
      const known = byPolicy.get(policy);
      if (known === undefined) byPolicy.set(policy, [counts]);
      else known.push(counts);
    }
  }
  return {
    add(policyId, verdict) {
      if (verdict === "not-applicable") return;
      for (const counts of byPolicy.get(policyId) ?? []) counts[verdict]++;
    },
    result: () => ({
      id: baseline.id,
      title: baseline.title,
      controls: entries.map(({ control, counts }) => controlResult(baseline.id, control, counts)),
    }),
  };
}

export function assessBaseline(
  baseline: Baseline,
  verdicts: Iterable<Pick<Verdict, "policy" | "verdict">>,
): BaselineResult {
  const assessment = createAssessment(baseline);
  for (const { policy, verdict } of verdicts) assessment.add(policy, verdict);
  return assessment.result();
}

/** How many controls had which status in a scan of which only the verdicts of each policy are known. */
export function controlsOfTally(
  { controls }: Baseline,
  tally: ReadonlyMap<string, Readonly<Record<VerdictKind, number>>>,
): Readonly<Record<ControlStatus, number>> {
  const statuses = { pass: 0, fail: 0, unknown: 0, error: 0, "not-assessed": 0 };
  for (const { policies } of controls) {
    const counts = noCounts();
    for (const policy of new Set(policies))
      for (const kind of countedKinds) counts[kind] += tally.get(policy)?.[kind] ?? 0;
    statuses[statusOf(counts)]++;
  }
  return statuses;
}

const countedKinds = ["pass", "fail", "unknown", "error", "waived"] as const;

/**
 * The worst that was seen decides. Where some of a control's policies had nothing to look at, the others decide: a
 * platform without a queue is not held back by the rules for queues. Where none had, it is `not-assessed`, never a pass.
 */
function statusOf(counts: Counts): ControlStatus {
  if (counts.fail > 0) return "fail";
  if (counts.error > 0) return "error";
  if (counts.unknown > 0) return "unknown";
  return counts.pass + counts.waived > 0 ? "pass" : "not-assessed";
}

function controlResult(baseline: string, control: Control, counts: Counts): ControlResult {
  return {
    baseline,
    control: control.id,
    title: control.title,
    kind: controlKind(control) ?? "manual",
    status: statusOf(counts),
    counts: { ...counts },
    policies: control.policies,
    manual: control.manual,
  };
}

function noCounts(): Counts {
  return { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };
}
