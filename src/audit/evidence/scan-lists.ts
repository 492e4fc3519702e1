// The scans of the period as rows, and what they add up to for a control.
import type { JsonObject } from "../../json.js";
import type { HistoryScan, Period, PolicyTally } from "../../store/history.js";
import type { ScheduleRun } from "../../schedules/runs.js";
import { gapsOf, type FinishedScan, type Gap } from "./gaps.js";
import { noCounts, statusOf, type Counts } from "./outcome.js";
import type { EvidenceWaiver } from "./sources.js";
import type { RowOf } from "./tables.js";

export function scanRow(scan: HistoryScan): RowOf<"scans"> {
  const { id, seq, startedAt, finishedAt, status, targets, schedule, version, policies, summary, problems, notes } =
    scan;
  return {
    ...{ scan: id, order: seq, startedAt, finishedAt, status, targets, schedule, version, policySet: policies, notes },
    resources: summary?.resources ?? null,
    ...{ pass: summary?.pass ?? null, fail: summary?.fail ?? null, unknown: summary?.unknown ?? null },
    ...{ error: summary?.error ?? null, waived: summary?.waived ?? null, problems: problems.length },
  };
}

export function problemRows({ id, startedAt, problems }: HistoryScan): RowOf<"problems">[] {
  return problems.map(({ problem, at, message, hides, account, region }) => ({
    ...{ scan: id, startedAt, problem, at, message, hides, account, region },
  }));
}

export function gapsBetween(scans: readonly HistoryScan[], period: Period, maximumHours: number): Gap[] {
  return gapsOf(scans.filter(isFinished), period, maximumHours);
}

function isFinished(scan: HistoryScan): scan is HistoryScan & FinishedScan {
  return scan.status === "finished" && scan.finishedAt !== null;
}

/** How the control's policies stood after each scan that finished. */
export function timelineRows(scans: readonly HistoryScan[], policies: readonly string[]): RowOf<"timeline">[] {
  return scans.filter(isFinished).map(({ id, finishedAt, tally }) => {
    const { notApplicable, ...counts } = sumOf(new Set(policies), tally);
    return { scan: id, at: finishedAt, status: statusOf(counts), ...counts, notApplicable };
  });
}

function sumOf(
  policies: ReadonlySet<string>,
  tally: ReadonlyMap<string, PolicyTally>,
): Counts & { readonly notApplicable: number } {
  const sums = { ...noCounts(), notApplicable: 0 };
  for (const policy of policies) {
    const counts = tally.get(policy);
    if (counts === undefined) continue;
    for (const kind of ["pass", "fail", "unknown", "error", "waived"] as const) sums[kind] += counts[kind];
    sums.notApplicable += counts["not-applicable"];
  }
  return sums;
}

export function runRow(run: ScheduleRun): RowOf<"scheduleRuns"> {
  const { schedule, due, kind, status, count, attempt, startedAt, finishedAt, durationMs, scan, exitCode, message } =
    run;
  return {
    ...{ schedule, due, kind, status, count, attempt, startedAt, finishedAt, scan, exitCode, message },
    seconds: durationMs === null ? null : durationMs / 1_000,
  };
}

export function waiverRow(waiver: EvidenceWaiver, auditEntries: readonly number[]): RowOf<"waivers"> {
  const { id, ...rest } = waiver;
  return { waiver: id, ...rest, auditEntries } satisfies JsonObject;
}
