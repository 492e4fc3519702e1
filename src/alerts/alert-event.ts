// A change of a finding, and the end of a scan, as the events that tell others of them.
import { createHash } from "node:crypto";
import { linksOf, type LinkTemplates } from "../compliance/links.js";
import type { CloudEvent } from "../events/cloud-event.js";
import type { PendingEvent } from "../events/outbox.js";
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
  return {
    ...{ change: kind, fingerprint, policy, title: clean(finding.title), severity, verdict },
    resource: { id, provider, type, name: name === null ? null : clean(name), account, region },
    message: clean(finding.message),
    controls: controls.slice(0, mostControls).map(({ baseline, control }) => ({ baseline, control })),
    owner: finding.owner === null ? null : clean(finding.owner),
    ...{ scan, firstSeen },
    waiver: waiverOf(finding),
    link: linksOf(finding, links).finding,
  };
}

function waiverOf({ waiver, status }: Finding): Json {
  if (waiver === null || status !== "waived") return null;
  const { kind, id, reason, ticket, expires } = waiver;
  return { kind, id, reason: clean(reason), ticket, expires };
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

function schemaId(type: string): string {
  return `https://portcullis.dev/schemas/events/${type}.schema.json`;
}

function clean(text: string): string {
  const whole = redactText(text.slice(0, longestRead));
  return whole.length <= longestText ? whole : `${whole.slice(0, longestText - 1).toWellFormed()}…`;
}
