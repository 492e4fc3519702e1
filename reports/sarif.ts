import { createHash } from "node:crypto";
import { isAbsolute, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { waiverText } from "../src/compliance/waiver-text.js";
import type { Policy, Severity } from "../src/engine/policy.js";
import type { Reason, Verdict } from "../src/engine/verdict.js";
import type { Report, ReportError, ReportFormat } from "../src/report.js";

/** SARIF 2.1.0 (OASIS), as code scanning services read it. */
export const sarif: ReportFormat = {
  name: "sarif",
  render: (report) => JSON.stringify(log(report), null, 2),
};

function log(report: Report): object {
  const rules = [...new Map(report.results.map((verdict) => [verdict.policy, verdict])).values()];
  const byId = new Map(report.policies.map((policy) => [policy.id, policy]));
  const index = new Map(rules.map(({ policy }, at) => [policy, at]));
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Portcullis",
            semanticVersion: report.tool.version,
            rules: rules.map((verdict) => rule(verdict, byId.get(verdict.policy))),
          },
        },
        invocations: [
          {
            executionSuccessful: report.errors.length === 0 && report.summary.error === 0,
            startTimeUtc: report.startedAt,
            toolExecutionNotifications: report.errors.map(notification),
          },
        ],
        columnKind: "utf16CodeUnits",
        results: report.results.map((verdict) => result(verdict, index.get(verdict.policy) ?? 0)),
      },
    ],
  };
}

function rule(verdict: Verdict, policy: Policy | undefined): object {
  const tags = verdict.controls.map(({ baseline, control }) => `${baseline}/${control}`);
  return {
    id: verdict.policy,
    name: verdict.policy,
    shortDescription: { text: verdict.title },
    fullDescription: { text: policy?.description || verdict.title },
    help: { text: policy?.fix || verdict.title },
    ...(policy?.relatedResources[0] === undefined ? {} : { helpUri: policy.relatedResources[0] }),
    defaultConfiguration: { level: levelOf(verdict.severity) },
    properties: { tags: ["security", ...tags], "security-severity": score(verdict.severity) },
  };
}

function result(verdict: Verdict, ruleIndex: number): object {
  const [first] = verdict.reasons;
  const detail = verdict.reasons.map(({ message }) => message).join("\n") || verdict.verdict;
  return {
    ruleId: verdict.policy,
    ruleIndex,
    ...outcome(verdict),
    message: { text: `${verdict.resource.id}: ${detail}` },
    locations: [location(verdict, first)],
    ...(verdict.reasons.length < 2 ? {} : { relatedLocations: related(verdict.reasons.slice(1)) }),
    partialFingerprints: { "portcullis/v1": verdict.fingerprint },
    ...(verdict.verdict === "waived" ? { suppressions: [suppression(verdict)] } : {}),
    properties: {
      verdict: verdict.verdict,
      severity: verdict.severity,
      path: first?.path ?? null,
      unknown: verdict.unknown,
      ...(verdict.owner === undefined ? {} : { owner: verdict.owner }),
    },
  };
}

/** conftest's own exceptions say no reason. */
function suppression({ waiver }: Verdict): object {
  if (waiver === undefined) return { kind: "external", status: "accepted" };
  return {
    kind: waiver.kind === "suppression" ? "inSource" : "external",
    status: "accepted",
    justification: waiverText(waiver),
    properties: waiver,
  };
}

/** SARIF's `level` says something only of a failure; the other kinds must have `none`. */
function outcome({ verdict, severity, waiver }: Verdict): object {
  switch (verdict) {
    case "waived":
      return waiver?.would === "unknown" ? { kind: "open", level: "none" } : { kind: "fail", level: levelOf(severity) };
    case "fail":
      return { kind: "fail", level: levelOf(severity) };
    case "unknown":
      return { kind: "open", level: "none" };
    case "error":
      return { kind: "review", level: "none" };
    case "pass":
      return { kind: "pass", level: "none" };
    case "not-applicable":
      return { kind: "notApplicable", level: "none" };
  }
}

function levelOf(severity: Severity): "error" | "warning" | "note" {
  switch (severity) {
    case "critical":
    case "high":
      return "error";
    case "medium":
      return "warning";
    case "low":
    case "info":
      return "note";
  }
}

/** GitHub's scale: over 9.0 is critical, 7.0 high, 4.0 medium, 0.1 low. */
function score(severity: Severity): string {
  return { critical: "9.5", high: "8.0", medium: "5.5", low: "3.0", info: "0.0" }[severity];
}

function location({ resource }: Verdict, reason: Reason | undefined): object {
  const logicalLocations = [
    { fullyQualifiedName: resource.id, kind: "resource", ...(resource.name === null ? {} : { name: resource.name }) },
  ];
  if (!reason?.location) return { logicalLocations };
  return { physicalLocation: physical(reason.location), logicalLocations };
}

function related(reasons: readonly Reason[]): object[] {
  return reasons.map(({ message, location: place }, id) => ({
    id,
    message: { text: message },
    ...(place === null ? {} : { physicalLocation: physical(place) }),
  }));
}

function physical({ file, line, column }: NonNullable<Reason["location"]>): object {
  return {
    artifactLocation: { uri: uriOf(file) },
    region: { startLine: Math.max(1, line), ...(column === undefined ? {} : { startColumn: Math.max(1, column) }) },
  };
}

/** Relative to the working folder where it can be, so that a checkout elsewhere still fits. */
function uriOf(file: string): string {
  const path = isAbsolute(file) ? relative(process.cwd(), file) : file;
  if (path.startsWith("..")) return pathToFileURL(file).href;
  // A lone surrogate has no form in a URI.
  return path.toWellFormed().split(/[\\/]/).map(encodeURIComponent).join("/");
}

function notification({ file, line, message }: ReportError): object {
  const region = line === null ? {} : { region: { startLine: Math.max(1, line) } };
  const isFile = !/^[a-z0-9-]+:[A-Z]/.test(file);
  return {
    descriptor: { id: createHash("sha256").update(message).digest("hex").slice(0, 12) },
    level: "error",
    message: { text: `${file}: ${message}` },
    ...(isFile ? { locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region } }] } : {}),
  };
}
