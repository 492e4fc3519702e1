// Counts what a scan decides, on its way to where it is kept.
import type { Recorder } from "../compliance/run.js";
import type { Metrics } from "./metrics.js";

/** The recorder, counting. `policies`: the ids that become labels; others count as `other`. */
export function countedVerdicts(
  recorder: Recorder,
  { verdicts, policyErrors }: Pick<Metrics, "verdicts" | "policyErrors">,
  policies: ReadonlySet<string>,
): Recorder {
  return {
    resource: (resource) => recorder.resource(resource),
    verdict(verdict) {
      verdicts.inc({ verdict: verdict.verdict });
      if (verdict.verdict === "error")
        policyErrors.inc({ policy: policies.has(verdict.policy) ? verdict.policy : "other" });
      return recorder.verdict(verdict);
    },
  };
}
