// Of scans, while they run.
import { Counter, Histogram, type Registry } from "prom-client";

const slow = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 14_400];

export function scanMetrics(registers: Registry[]) {
  return {
    verdicts: new Counter({
      name: "portcullis_verdicts_total",
      help: "Verdicts of scans, by kind",
      labelNames: ["verdict"],
      registers,
    }),
    policyErrors: new Counter({
      name: "portcullis_policy_errors_total",
      help: "Evaluations that failed, by policy",
      labelNames: ["policy"],
      registers,
    }),
    scanSeconds: new Histogram({
      name: "portcullis_scan_seconds",
      help: "How long scans took, by how they ended",
      labelNames: ["status"],
      buckets: slow,
      registers,
    }),
    shards: new Counter({
      name: "portcullis_scan_shards_total",
      help: "Shards of scans, by how they ended: done, failed, repeated",
      labelNames: ["status"],
      registers,
    }),
  };
}
