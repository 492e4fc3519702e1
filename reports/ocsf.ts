// OCSF 1.8.0: one Compliance Finding event (class 2003) a verdict, in one JSON array. Texts stay as they are: JSON holds them as data.
import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Policy, Severity } from "../src/engine/policy.js";
import type { Reason, Verdict, VerdictResource } from "../src/engine/verdict.js";
import type { Report, ReportError, TextFormat } from "../src/report.js";

export const ocsf: TextFormat = {
  name: "ocsf",
  render: (report) =>
    JSON.stringify([...report.errors.map((error) => unread(error, report)), ...events(report)], null, 2),
};

const schemaVersion = "1.8.0";
const classUid = 2003;

function events(report: Report): object[] {
  const policies = new Map(report.policies.map((policy) => [policy.id, policy]));
  return report.results.map((verdict) => event(verdict, report, policies.get(verdict.policy)));
}

function event(verdict: Verdict, report: Report, policy: Policy | undefined): object {
  const { resource, reasons, fingerprint, waiver } = verdict;
  const outcome = outcomeOf(verdict);
  const message = reasons.map((reason) => reason.message).join("\n") || verdict.title;
  const isCloud = clouds.has(resource.provider);
  return {
    ...frame(report, { outcome, uid: fingerprint, code: verdict.policy, isCloud }),
    ...coded("severity", severities[verdict.severity]),
    message: `${resource.id}: ${message}`,
    finding_info: findingInfo(verdict, report, message),
    compliance: compliance(verdict, outcome),
    ...(isCloud ? { cloud: cloud(resource) } : {}),
    resources: [resourceDetails(verdict, isCloud)],
    ...(reasons.length === 0 ? {} : { evidences: evidences(verdict) }),
    ...(policy === undefined || policy.fix === "" ? {} : { remediation: remediation(policy) }),
    ...(waiver === undefined ? {} : { unmapped: { waiver } }),
  };
}

interface Frame {
  readonly outcome: Outcome;
  readonly uid: string;
  readonly code: string;
  readonly isCloud: boolean;
}

/** What every event has: class, activity, time, and who says so. */
function frame({ tool, startedAt }: Report, { outcome, uid, code, isCloud }: Frame): object {
  return {
    ...{ category_uid: 2, category_name: "Findings", class_uid: classUid, class_name: "Compliance Finding" },
    ...{ activity_id: outcome.activity.id, activity_name: outcome.activity.name },
    type_uid: classUid * 100 + outcome.activity.id,
    type_name: `Compliance Finding: ${outcome.activity.name}`,
    time: Date.parse(startedAt),
    ...coded("status", outcome.status),
    ...(outcome.detail === null ? {} : { status_detail: outcome.detail }),
    metadata: {
      version: schemaVersion,
      product: { name: "Portcullis", uid: tool.name, vendor_name: "Portcullis", version: tool.version },
      profiles: isCloud ? ["cloud"] : [],
      // The same report gives the same event: a receiver can drop what it has.
      uid: digest([startedAt, uid]),
      event_code: code,
      original_time: startedAt,
    },
  };
}

function findingInfo({ fingerprint, title, policy }: Verdict, { startedAt }: Report, desc: string): object {
  return {
    ...{ uid: fingerprint, title, desc, types: ["Compliance"] },
    analytic: { name: title, uid: policy, type: "Rule", type_id: 1 },
    modified_time: Date.parse(startedAt),
  };
}

function compliance({ policy, title, controls, verdict }: Verdict, outcome: Outcome): object {
  const [first] = controls;
  return {
    ...coded("status", outcome.compliance),
    status_code: verdict,
    desc: title,
    control: first === undefined ? policy : `${first.baseline} ${first.control}`,
    ...(controls.length === 0
      ? {}
      : {
          standards: [...new Set(controls.map(({ baseline }) => baseline))],
          requirements: controls.map(({ baseline, control }) => `${baseline} ${control}`),
        }),
    checks: [{ uid: policy, name: title, ...coded("status", outcome.compliance) }],
  };
}

const clouds: ReadonlyMap<string, { readonly name: string; readonly account: Coded }> = new Map([
  ["aws", { name: "AWS", account: { id: 10, name: "AWS Account" } }],
  ["azure", { name: "Azure", account: { id: 13, name: "Azure Subscription" } }],
  ["gcp", { name: "GCP", account: { id: 11, name: "GCP Project" } }],
]);

function cloud({ provider, account, region }: VerdictResource): object {
  const known = clouds.get(provider);
  return {
    provider: known?.name ?? provider,
    ...(region === null ? {} : { region }),
    ...(account === null || known === undefined ? {} : { account: { uid: account, ...coded("type", known.account) } }),
  };
}

function resourceDetails({ resource, owner }: Verdict, isCloud: boolean): object {
  const { id, type, name, region } = resource;
  return {
    ...{ uid: id, type, role: "Target", role_id: 1 },
    ...(name === null ? {} : { name }),
    ...(isCloud && region !== null ? { region } : {}),
    ...(owner === null || owner === undefined ? {} : { owner: { name: owner } }),
  };
}

function evidences({ reasons, explanation }: Verdict): object[] {
  const read = explanation === null ? [] : [{ name: "what the policy read", data: explanation.reads }];
  return [...reasons.map(evidence), ...read];
}

function evidence({ message, path, location }: Reason): object {
  if (location === null) return { data: { message, path } };
  const file = {
    name: posix.basename(location.file) || location.file,
    path: location.file,
    type: "Regular File",
    type_id: 1,
  };
  return { data: { message, path, location }, file };
}

function remediation({ fix, relatedResources }: Policy): object {
  return { desc: fix, ...(relatedResources.length === 0 ? {} : { references: relatedResources }) };
}

/** Input that could not be read is an event as well: a receiver must not take its absence for a pass. */
function unread({ file, line, message }: ReportError, report: Report): object {
  const place = line === null ? file : `${file}:${line}`;
  const uid = digest(["not-evaluated", file, message]);
  const outcome = outcomeOf({ verdict: "error", reasons: [] });
  return {
    ...frame(report, { outcome, uid, code: "not-evaluated", isCloud: false }),
    ...coded("severity", { id: 0, name: "Unknown" }),
    message: `${place}: ${message}`,
    finding_info: { uid, title: "Input could not be evaluated", desc: message, types: ["Compliance"] },
    compliance: { ...coded("status", outcome.compliance), status_code: "error", desc: message },
    resources: [{ uid: file, type: "Input" }],
  };
}

const severities: Readonly<Record<Severity, Coded>> = {
  critical: { id: 5, name: "Critical" },
  high: { id: 4, name: "High" },
  medium: { id: 3, name: "Medium" },
  low: { id: 2, name: "Low" },
  info: { id: 1, name: "Informational" },
};

/** OCSF names every number twice: `severity_id` and `severity`. */
function coded(name: string, { id, name: caption }: Coded): object {
  return { [`${name}_id`]: id, [name]: caption };
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** A number of OCSF and its caption; 99 is Other, whose caption is the sender's. */
interface Coded {
  readonly id: number;
  readonly name: string;
}

/** What a verdict is in OCSF's numbers. Only a pass is a pass there. */
interface Outcome {
  readonly activity: Coded;
  /** Of the finding. */
  readonly status: Coded;
  /** Of the check. */
  readonly compliance: Coded;
  readonly detail: string | null;
}

const create: Coded = { id: 1, name: "Create" };
const update: Coded = { id: 2, name: "Update" };
const close: Coded = { id: 3, name: "Close" };
const isNew: Coded = { id: 1, name: "New" };
const fail: Coded = { id: 3, name: "Fail" };
const unknown: Coded = { id: 0, name: "Unknown" };

function outcomeOf({ verdict, waiver, reasons }: Pick<Verdict, "verdict" | "waiver" | "reasons">): Outcome {
  const detail = reasons[0]?.message ?? null;
  switch (verdict) {
    case "fail":
      return { activity: create, status: isNew, compliance: fail, detail: null };
    case "unknown":
      return { activity: create, status: isNew, compliance: unknown, detail };
    case "error":
      return { activity: create, status: other("Not evaluated"), compliance: other("Error"), detail };
    case "waived":
      return {
        activity: update,
        status: { id: 3, name: "Suppressed" },
        compliance: waiver?.would === "unknown" ? unknown : fail,
        detail: waiver === undefined ? "waived" : waived(waiver),
      };
    case "pass":
      return {
        activity: close,
        status: { id: 4, name: "Resolved" },
        compliance: { id: 1, name: "Pass" },
        detail: null,
      };
    case "not-applicable":
      return { activity: close, status: other("Not applicable"), compliance: other("Not applicable"), detail: null };
  }
}

function waived({ kind, id, reason, expires }: NonNullable<Verdict["waiver"]>): string {
  return `${kind} ${id}: ${reason}${expires === null ? "" : ` (until ${expires})`}`;
}

function other(name: string): Coded {
  return { id: 99, name };
}
