// A change of a finding, and the end of a scan, as the events that tell others of them.
import { createHash } from "node:crypto";
import { linksOf, type LinkTemplates } from "../compliance/links.js";
import type { CloudEvent } from "../events/cloud-event.js";
import type { PendingEvent } from "../events/outbox.js";
import { schemaId } from "../events/schema-id.js";
import { topics } from "../events/topics.js";
import type { Json, JsonObject } from "../json.js";
import { redactText } from "../redact.js";
import type { Finding } from "../store/findings.js";
import type { FindingEventKind } from "../store/history.js";

/** What makes events, besides what they tell of. */
export interface EventContext {
  /** CloudEvents' `source`. */
  readonly source: string;
  readonly links: LinkTemplates;
  readonly traceparent: string | undefined;
}

export interface FindingChange {
  readonly kind: FindingEventKind;
  readonly scan: string;
  readonly at: string;
  /** As it is after the change. */
  readonly finding: Finding;
}

/** `data` of a ComplianceAlertEvent, as far as alerts read it. */
export interface AlertData extends JsonObject {
  readonly change: FindingEventKind;
  readonly fingerprint: string;
  readonly policy: string;
  readonly title: string;
  readonly severity: Finding["severity"];
  readonly verdict: Finding["verdict"];
  readonly resource: {
    readonly id: string;
    readonly provider: string;
    readonly type: string;
    readonly name: string | null;
    readonly account: string | null;
    readonly region: string | null;
  };
  readonly message: string;
  readonly owner: string | null;
  readonly scan: string;
  readonly link: string | null;
}

export type AlertEvent = CloudEvent & { readonly data: AlertData };

/** An event is far below what a broker takes, whatever a policy says. */
const longestText = 2_000;
const longestRead = 20_000;
const longestLink = 8_192;
const mostControls = 100;

export function alertEvent(change: FindingChange, context: EventContext): PendingEvent & { event: AlertEvent } {
  const { finding, kind, scan, at } = change;
  const { fingerprint } = finding;
  return {
    topic: topics.complianceAlerts,
    key: fingerprint,
    event: {
      specversion: "1.0",
      id: stableId("compliance-alert", fingerprint, scan, kind),
      source: context.source,
      type: "ComplianceAlertEvent",
      subject: fingerprint,
      time: at,
      datacontenttype: "application/json",
      dataschema: schemaId("ComplianceAlertEvent"),
      partitionkey: fingerprint,
      ...traceOf(context),
      data: dataOf(change, context.links),
    },
  };
}

function dataOf({ finding, kind, scan }: FindingChange, links: LinkTemplates): AlertData {
  const { fingerprint, policy, severity, verdict, resource, controls, firstSeen } = finding;
  const { id, provider, type, name, account, region } = resource;
  const { finding: link } = linksOf(finding, links);
  return {
    ...{ change: kind, fingerprint, policy: cut(policy, 500), title: clean(finding.title), severity, verdict },
    resource: {
      ...{ id, provider: cut(provider, 200), type: cut(type, 500), name: cleanOrNull(name) },
      ...{ account: cutOrNull(account, 500), region: cutOrNull(region, 200) },
    },
    message: clean(finding.message),
    controls: controls.slice(0, mostControls).map(({ baseline, control }) => ({ baseline, control })),
    owner: cleanOrNull(finding.owner),
    ...{ scan, firstSeen },
    waiver: waiverOf(finding),
    link: link === null || link.length > longestLink ? null : link,
  };
}

function waiverOf({ waiver, status }: Finding): Json {
  if (waiver === null || status !== "waived") return null;
  const { kind, id, reason, ticket, expires } = waiver;
  return { kind, id: cut(id, 500), reason: clean(reason), ticket: cutOrNull(ticket, 500), expires };
}

export interface EndedScanFacts {
  readonly id: string;
  readonly at: string;
  readonly startedAt: string;
  readonly status: "complete" | "incomplete";
  readonly targets: readonly string[];
  readonly schedule: string | null;
  readonly summary: JsonObject;
  readonly outcome: JsonObject;
  readonly problems: number;
}

export function scanEvent(facts: EndedScanFacts, context: EventContext): PendingEvent {
  const { id, at, startedAt, ...rest } = facts;
  return {
    topic: topics.scans,
    key: id,
    event: {
      specversion: "1.0",
      id: stableId("scan-completed", id),
      source: context.source,
      type: "ScanCompletedEvent",
      subject: id,
      time: at,
      datacontenttype: "application/json",
      dataschema: schemaId("ScanCompletedEvent"),
      partitionkey: id,
      ...traceOf(context),
      data: { scan: id, startedAt, finishedAt: at, ...rest },
    },
  };
}

function traceOf({ traceparent }: EventContext): { readonly traceparent?: string } {
  return traceparent === undefined ? {} : { traceparent };
}

/** The same change has the same id however often it is told. */
function stableId(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 40);
}

function clean(text: string): string {
  return cut(redactText(text.slice(0, longestRead)), longestText);
}

function cleanOrNull(text: string | null): string | null {
  return text === null ? null : clean(text);
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`.toWellFormed();
}

function cutOrNull(text: string | null, limit: number): string | null {
  return text === null ? null : cut(text, limit);
}
