import { assessmentResults } from "../src/audit/evidence/oscal-results.js";
import type { OscalException, OscalInput, OscalPolicy, OscalWaiver } from "../src/audit/evidence/oscal-input.js";
import type { Verdict } from "../src/engine/verdict.js";
import type { Report, TextFormat } from "../src/report.js";

/** OSCAL assessment results (NIST) of one check or scan. */
export const oscal: TextFormat = {
  name: "oscal",
  render: (report) => JSON.stringify(assessmentResults(inputOf(report)), null, 2),
};

function inputOf(report: Report): OscalInput {
  const { startedAt, tool, command, targets, baselines, errors } = report;
  const end = endOf(report);
  const excepted = report.results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
  return {
    id: JSON.stringify([command, targets, startedAt]),
    title: `Portcullis ${command}`,
    tool,
    generatedAt: end,
    period: { from: startedAt, to: end },
    targets,
    baselines: baselines.map(({ id, title, controls }) => ({ id, title, source: null, controls })),
    policies: policiesOf(report),
    exceptions: excepted.map((verdict) => exception(verdict, end)),
    waivers: waiversOf(excepted),
    files: [],
    componentDefinition: null,
    problems: errors.map(({ file, line, message }) => `${line === null ? file : `${file}:${line}`}: ${message}`),
  };
}

function endOf({ startedAt, summary }: Report): string {
  const end = new Date(Date.parse(startedAt) + summary.durationMs);
  return Number.isNaN(end.getTime()) ? startedAt : end.toISOString();
}

/** A report holds what did not pass; who passed is counted for all policies together only. */
function policiesOf({ policies, results }: Report): readonly OscalPolicy[] {
  const unlisted = results.map(({ policy, title, severity, resource }) => ({
    id: policy,
    title,
    severity,
    description: "",
    engine: "",
    provider: resource.provider,
    fix: "",
  }));
  const all = new Map([...unlisted, ...policies].map((policy) => [policy.id, policy]));
  return [...all.values()].map(({ id, title, severity, description, engine, provider, fix }) => ({
    id,
    title,
    severity,
    description,
    engine,
    provider,
    fix,
    hash: null,
    tally: null,
    population: null,
  }));
}

function exception(verdict: Verdict, at: string): OscalException {
  const { policy, resource, severity, fingerprint, reasons, owner, waiver } = verdict;
  return {
    fingerprint,
    policy,
    resource,
    severity,
    verdict: verdict.verdict === "pass" || verdict.verdict === "not-applicable" ? "error" : verdict.verdict,
    message: reasons.map(({ message }) => message).join("; "),
    owner: owner ?? null,
    firstSeen: at,
    lastSeen: at,
    resolvedAt: null,
    waiver: waiver?.id ?? null,
  };
}

function waiversOf(verdicts: readonly Verdict[]): readonly OscalWaiver[] {
  const found = new Map<string, OscalWaiver>();
  for (const { policy, waiver } of verdicts) {
    if (waiver === undefined || found.has(waiver.id)) continue;
    const { id, kind, reason, ticket, requester, approver, expires } = waiver;
    const scope = kind === "suppression" ? `policy ${policy}, by a comment in the code` : `policy ${policy}`;
    found.set(id, {
      id,
      scope,
      reason,
      ticket,
      requester,
      approver,
      expires,
      approvedAt: null,
      starts: null,
      revokedAt: null,
    });
  }
  return [...found.values()];
}
