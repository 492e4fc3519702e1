// A verdict in the AWS Security Finding Format (ASFF, schema 2018-10-08), within the lengths that Security Hub takes.
// Knows nothing of the SDK: the report of the same name and the delivery are made of this.
import type { Severity } from "../../engine/policy.js";
import type { Verdict, VerdictKind, VerdictResource } from "../../engine/verdict.js";
import { partitionOf } from "../../inventory/aws-partition.js";
import { resourceTypeOf } from "./resource-type.js";
import { limited, wordless } from "./text.js";

/** What ASFF says of one policy and one resource, from a report or from the store. */
export interface Observation extends Pick<
  Verdict,
  "fingerprint" | "policy" | "title" | "severity" | "resource" | "reasons" | "controls" | "waiver" | "owner"
> {
  /** `resolved`: it was found once, and is not any more. */
  readonly verdict: VerdictKind | "resolved";
  /** RFC 3339; the same for a report, which knows no past. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly updatedAt: string;
  /** How to put it right. */
  readonly fix: { readonly text: string; readonly url: string | null } | null;
}

/**
 * Where a resource's findings go: its own account and region, or the given ones where it has none. Null where there is no
 * such place; an account of another cloud is none.
 */
export function hubOf({ account, region }: VerdictResource, place: HubDefaults): Hub | null {
  const hub = { account: account ?? place.account ?? "", region: region ?? place.region ?? "" };
  return isAccount(hub.account) && isRegion(hub.region) ? hub : null;
}

export interface HubDefaults {
  readonly account: string | null;
  readonly region: string | null;
}

export function isAccount(text: string): boolean {
  return /^\d{12}$/.test(text);
}

export function isRegion(text: string): boolean {
  return /^[a-z]{2,6}(-[a-z]{2,12}){1,3}-\d{1,2}$/.test(text);
}

/** Where a finding belongs: Security Hub has one of its own in every account and region. */
export interface Hub {
  readonly account: string;
  readonly region: string;
}

export type WorkflowStatus = "NEW" | "SUPPRESSED" | "RESOLVED";

/** The part of ASFF that is used here, in its own words. */
export interface AsffFinding {
  readonly SchemaVersion: "2018-10-08";
  readonly Id: string;
  readonly ProductArn: string;
  readonly GeneratorId: string;
  readonly AwsAccountId: string;
  readonly Region: string;
  readonly Types: string[];
  readonly FirstObservedAt: string;
  readonly LastObservedAt: string;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly Severity: AsffSeverity;
  readonly FindingProviderFields: { readonly Severity: AsffSeverity; readonly Types: string[] };
  readonly Title: string;
  readonly Description: string;
  readonly Remediation?: { readonly Recommendation: { readonly Text: string; readonly Url?: string } };
  readonly ProductFields: Record<string, string>;
  readonly Resources: AsffResource[];
  readonly Compliance: { readonly Status: ComplianceStatus; readonly RelatedRequirements?: string[] };
  readonly Workflow: { readonly Status: WorkflowStatus };
  readonly RecordState: "ACTIVE" | "ARCHIVED";
  readonly Note?: { readonly Text: string; readonly UpdatedBy: string; readonly UpdatedAt: string };
}

interface AsffSeverity {
  readonly Label: "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";
  readonly Original: string;
}

interface AsffResource {
  readonly Type: string;
  readonly Id: string;
  readonly Partition?: "aws" | "aws-cn" | "aws-us-gov";
  readonly Region: string;
  readonly Details: { readonly Other: Record<string, string> };
}

type ComplianceStatus = "PASSED" | "FAILED" | "WARNING" | "NOT_AVAILABLE";

export function asffFinding(seen: Observation, hub: Hub, version: string): AsffFinding {
  const types = typesOf(seen);
  const severity = { Label: labels[seen.severity], Original: seen.severity };
  const requirements = requirementsOf(seen);
  return {
    SchemaVersion: "2018-10-08",
    Id: findingId(seen.fingerprint),
    ProductArn: productArn(hub),
    GeneratorId: limited(`portcullis/${seen.policy}`, 512),
    ...{ AwsAccountId: hub.account, Region: hub.region },
    Types: types,
    ...{ FirstObservedAt: seen.firstSeen, LastObservedAt: seen.lastSeen },
    ...{ CreatedAt: seen.firstSeen, UpdatedAt: seen.updatedAt },
    Severity: severity,
    // What a provider may still change later: the fields above are the customer's once the finding is there.
    FindingProviderFields: { Severity: severity, Types: types },
    Title: limited(seen.title, 256),
    Description: limited(seen.reasons.map(({ message }) => message).join("; ") || seen.title, 1024),
    ...(seen.fix === null || wordless(seen.fix.text)
      ? {}
      : { Remediation: { Recommendation: recommendation(seen.fix) } }),
    ProductFields: productFields(seen, version),
    Resources: [resourceOf(seen, hub)],
    Compliance: {
      Status: complianceOf(seen),
      ...(requirements.length === 0 ? {} : { RelatedRequirements: requirements }),
    },
    Workflow: { Status: workflowOf(seen) },
    RecordState: seen.verdict === "resolved" ? "ARCHIVED" : "ACTIVE",
    ...noteOf(seen),
  };
}

export function findingId(fingerprint: string): string {
  return `portcullis/${fingerprint}`;
}

/** The product that every account has for findings of its own. */
export function productArn({ account, region }: Hub): string {
  return `arn:${partitionOf(region)}:securityhub:${region}:${account}:product/${account}/default`;
}

const labels: Readonly<Record<Severity, AsffSeverity["Label"]>> = {
  critical: "CRITICAL",
  high: "HIGH",
  medium: "MEDIUM",
  low: "LOW",
  info: "INFORMATIONAL",
};

const checks = "Software and Configuration Checks/Industry and Regulatory Standards";
/** Classifiers that AWS names. */
const classifiers: readonly (readonly [RegExp, string])[] = [
  [/^pci-dss/, "PCI-DSS"],
  [/^soc2/, "SOC 2"],
  [/^cis-aws/, "CIS AWS Foundations Benchmark"],
];

function typesOf({ controls }: Observation): string[] {
  const named = classifiers.filter(([pattern]) => controls.some(({ baseline }) => pattern.test(baseline)));
  return named.length === 0 ? [checks] : named.map(([, classifier]) => `${checks}/${classifier}`);
}

function requirementsOf({ controls }: Observation): string[] {
  return [...new Set(controls.map(({ baseline, control }) => limited(`${baseline} ${control}`, 64)))].slice(0, 32);
}

/** Only what was seen to pass, or to have gone away, is PASSED. */
function complianceOf({ verdict, waiver }: Observation): ComplianceStatus {
  switch (verdict) {
    case "fail":
      return "FAILED";
    case "waived":
      return waiver?.would === "unknown" ? "WARNING" : "FAILED";
    case "unknown":
      return "WARNING";
    case "error":
    case "not-applicable":
      return "NOT_AVAILABLE";
    case "pass":
    case "resolved":
      return "PASSED";
  }
}

function workflowOf({ verdict }: Observation): WorkflowStatus {
  switch (verdict) {
    case "waived":
      return "SUPPRESSED";
    case "pass":
    case "resolved":
    case "not-applicable":
      return "RESOLVED";
    case "fail":
    case "unknown":
    case "error":
      return "NEW";
  }
}

function recommendation({ text, url }: NonNullable<Observation["fix"]>): { Text: string; Url?: string } {
  return { Text: limited(text, 512), ...(url === null ? {} : { Url: url }) };
}

function noteOf({ verdict, waiver, updatedAt }: Observation): Pick<AsffFinding, "Note"> {
  if (verdict !== "waived") return {};
  const until = waiver?.expires ?? null;
  const said = waiver === undefined ? "Waived" : `Waived by ${waiver.kind} ${waiver.id}: ${waiver.reason}`;
  const text = limited(`${said}${until === null ? "" : ` (until ${until})`}`, 512);
  return { Note: { Text: text, UpdatedBy: "portcullis", UpdatedAt: updatedAt } };
}

function productFields(seen: Observation, version: string): Record<string, string> {
  const [reason] = seen.reasons;
  const place = reason?.location;
  const fields = {
    ProviderName: "Portcullis",
    ProviderVersion: version,
    "portcullis/policy": seen.policy,
    "portcullis/fingerprint": seen.fingerprint,
    "portcullis/verdict": seen.verdict,
    "portcullis/path": reason?.path,
    "portcullis/location": place ? `${place.file}:${place.line}` : null,
    "portcullis/owner": seen.owner,
    "portcullis/waiver": seen.waiver?.id,
    "portcullis/ticket": seen.waiver?.ticket,
  };
  return texts(fields, 2048);
}

function resourceOf({ resource: { id, type, name } }: Observation, { region }: Hub): AsffResource {
  const partition = partitionOf(region);
  const known = partition === "aws" || partition === "aws-cn" || partition === "aws-us-gov";
  return {
    Type: resourceTypeOf(type),
    Id: limited(id, 512),
    ...(known ? { Partition: partition } : {}),
    Region: region,
    Details: { Other: texts({ type, name }, 1024) },
  };
}

/** What there is, as text that Security Hub takes: it refuses values without a visible character. */
function texts(fields: Readonly<Record<string, string | null | undefined>>, longest: number): Record<string, string> {
  const there = Object.entries(fields).flatMap(([name, value]) =>
    value === null || value === undefined || wordless(value) ? [] : [[name, limited(value, longest)] as const],
  );
  return Object.fromEntries(there);
}
