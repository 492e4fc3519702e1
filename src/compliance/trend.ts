// How a report's figures came about: the same figures of the scans before it.
import type { BaselineResult, Report } from "../report.js";
import type { HistoryScan } from "../store/history.js";
import { controlsOfTally } from "./assess.js";
import type { Baseline } from "./baseline.js";

/** The report with its trends. `scans` are finished ones, oldest first, this one the last. */
export function withTrend(report: Report, scans: readonly HistoryScan[], baselines: readonly Baseline[]): Report {
  const trend = scans.flatMap(({ finishedAt, summary }) => {
    if (finishedAt === null || summary === null) return [];
    const { pass, fail, unknown, error, waived } = summary;
    return [{ at: finishedAt, pass, fail, unknown, error, waived }];
  });
  return { ...report, trend, baselines: report.baselines.map((result) => withControlTrend(result, scans, baselines)) };
}

/** The controls are those of today: what an older version of the baseline asked is not known any more. */
function withControlTrend(
  result: BaselineResult,
  scans: readonly HistoryScan[],
  baselines: readonly Baseline[],
): BaselineResult {
  const baseline = baselines.find(({ id }) => id === result.id);
  if (baseline === undefined) return result;
  const trend = scans.flatMap(({ finishedAt, tally }) => {
    if (finishedAt === null) return [];
    const { "not-assessed": notAssessed, ...statuses } = controlsOfTally(baseline, tally);
    return [{ at: finishedAt, ...statuses, notAssessed }];
  });
  return { ...result, trend };
}
