// Findings for AWS Security Hub: a JSON array that `BatchImportFindings` takes, 100 at a time.
import type { Verdict } from "../src/engine/verdict.js";
import type { Policy } from "../src/engine/policy.js";
import { asffFinding, hubOf, type AsffFinding, type Hub } from "../src/integrations/security-hub/asff.js";
import type { RenderOptions, Report, TextFormat } from "../src/report.js";

export const asff: TextFormat = {
  name: "asff",
  render: (report, options) => JSON.stringify(findings(report, options), null, 2),
  leftOut,
};

function findings(report: Report, options: RenderOptions): AsffFinding[] {
  const policies = new Map(report.policies.map((policy) => [policy.id, policy]));
  return report.results.flatMap((verdict) => {
    const hub = placeOf(verdict, options);
    return hub === null ? [] : [finding(verdict, hub, { report, policy: policies.get(verdict.policy) })];
  });
}

/** Security Hub belongs to one account and region; a resource in code mostly names neither. */
function placeOf({ resource }: Verdict, { place }: RenderOptions): Hub | null {
  return hubOf(resource, place ?? { account: null, region: null });
}

interface Context {
  readonly report: Report;
  readonly policy: Policy | undefined;
}

function finding(verdict: Verdict, hub: Hub, { report, policy }: Context): AsffFinding {
  const { startedAt, tool } = report;
  const fix = policy === undefined ? null : { text: policy.fix, url: policy.relatedResources[0] ?? null };
  const times = { firstSeen: startedAt, lastSeen: startedAt, updatedAt: startedAt };
  return asffFinding({ ...verdict, ...times, fix }, hub, tool.version);
}

function leftOut(report: Report, options: RenderOptions): string | null {
  const homeless = report.results.filter((verdict) => placeOf(verdict, options) === null).length;
  const parts = [
    ...(homeless === 0
      ? []
      : [
          `${homeless} of ${report.results.length} verdicts, whose resources have no AWS account or region: give --default-account and --default-region`,
        ]),
    ...(report.errors.length === 0 ? [] : [`${report.errors.length} inputs that could not be evaluated`]),
  ];
  return parts.length === 0 ? null : parts.join("; ");
}
