import type { Verdict } from "../src/engine/verdict.js";
import type { Report, ReportFormat } from "../src/report.js";

/** The contract for scripts: version 1. */
export const json: ReportFormat = {
  name: "json",
  render: (report) => JSON.stringify(document(report), null, 2),
};

function document({ summary, results, errors, baselines, warnings = [] }: Report): object {
  return {
    version: 1,
    summary,
    results: results.map(result),
    errors,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(baselines.length === 0 ? {} : { baselines }),
  };
}

function result(verdict: Verdict): object {
  const [first] = verdict.reasons;
  return {
    policy: verdict.policy,
    title: verdict.title,
    severity: verdict.severity,
    verdict: verdict.verdict,
    resource: verdict.resource,
    message: first?.message ?? null,
    path: first?.path ?? null,
    location: first?.location ?? null,
    reasons: verdict.reasons,
    unknown: verdict.unknown,
    controls: verdict.controls,
    fingerprint: verdict.fingerprint,
    remediation: verdict.remediation,
    ...(verdict.waiver === undefined ? {} : { waiver: verdict.waiver }),
    ...(verdict.owner === undefined ? {} : { owner: verdict.owner }),
    ...(verdict.proposal === undefined ? {} : { proposal: verdict.proposal }),
    ...(verdict.explanation === null ? {} : { explanation: verdict.explanation }),
  };
}
