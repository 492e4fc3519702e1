// Findings as alerts of Alertmanager's API v2. An alert is what a finding is now: it fires while the finding is open, and is
// resolved when it is resolved or waived. One that is not sent again in time counts as resolved, so nothing fires for ever.
import { linksOf, type LinkTemplates } from "../compliance/links.js";
import type { JsonObject } from "../json.js";
import { printable } from "../printable.js";
import { redactText } from "../redact.js";
import type { Finding } from "../store/findings.js";

export interface AlertContext {
  readonly now: Date;
  /** How long it fires without being sent again. */
  readonly lastsMs: number;
  readonly links: LinkTemplates;
}

export function alertOf(finding: Finding, { now, lastsMs, links }: AlertContext): JsonObject {
  const { finding: link } = linksOf(finding, links);
  return {
    labels: labelsOf(finding),
    annotations: annotationsOf(finding),
    startsAt: finding.firstSeen,
    endsAt: endOf(finding, now, lastsMs),
    ...(link === null ? {} : { generatorURL: link }),
  };
}

function endOf({ status, resolvedAt, firstSeen }: Finding, now: Date, lastsMs: number): string {
  if (status === "open") return new Date(now.getTime() + lastsMs).toISOString();
  const end = Math.min(Date.parse(resolvedAt ?? now.toISOString()), now.getTime());
  return new Date(Math.max(end, Date.parse(firstSeen))).toISOString();
}

function labelsOf({ policy, severity, verdict, fingerprint, owner, resource }: Finding): JsonObject {
  const { provider, type, account, region } = resource;
  return filled({
    ...{ alertname: "PortcullisFinding", policy, severity, verdict, fingerprint },
    ...{ provider, resource_type: type, account, region, owner },
  });
}

function annotationsOf({ title, message, resource, remediation }: Finding): JsonObject {
  return filled({ summary: title, description: message, resource: resource.id, name: resource.name, remediation });
}

const longest = 1_000;

/** An empty label is none. */
function filled(texts: Readonly<Record<string, string | null>>): JsonObject {
  const entries = Object.entries(texts).flatMap(([name, text]): [string, string][] => {
    const clean = printable(redactText((text ?? "").slice(0, longest)).toWellFormed());
    return clean === "" ? [] : [[name, clean]];
  });
  return Object.fromEntries(entries);
}
