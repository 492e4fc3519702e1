// A scan as everybody does it: what was read is judged, excused, recorded and merged into what is known.
import { runChecks, type RunOptions, type RunResult } from "../compliance/run.js";
import type { ScanItem } from "../inventory/scan-item.js";
import { countedVerdicts } from "../observability/counted-verdicts.js";
import type { Metrics } from "../observability/metrics.js";
import type { ScanOutcome } from "../store/merge-scan.js";
import type { ScanRecording } from "../store/scan-recording.js";
import type { Store } from "../store/store.js";

export interface RecordedScan extends RunResult {
  readonly id: string;
  readonly outcome: ScanOutcome;
}

export type ScanRun = Omit<RunOptions, "command" | "record">;

export async function recordedScan(
  items: AsyncIterable<ScanItem>,
  run: ScanRun,
  {
    store,
    recording,
    before,
    metrics = null,
  }: {
    store: Store;
    recording: ScanRecording;
    before?: (result: RunResult) => Promise<void>;
    metrics?: Metrics | null;
  },
): Promise<RecordedScan> {
  const policies = new Set(run.policies.map(({ id }) => id));
  const record = metrics === null ? recording : countedVerdicts(recording, metrics, policies);
  const result = await runChecks(items, { ...run, command: "scan", record });
  await before?.(result);
  const outcome = await recording.finish(result.report, result.problems);
  metrics?.scanSeconds.observe({ status: "finished" }, result.report.summary.durationMs / 1_000);
  await store.waivers.bind(result.bindings);
  return { ...result, id: recording.id, outcome };
}
