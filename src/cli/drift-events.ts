// Drift told to others: an event for each resource, once for each difference and not for each run.
import { createHash } from "node:crypto";
import type { CloudEvent } from "../events/cloud-event.js";
import { topics } from "../events/topics.js";
import { canonicalText } from "../inventory/drift/canonical-text.js";
import type { Against } from "../inventory/drift/drift.js";
import type { DriftSubject } from "../inventory/drift/estate-drift.js";
import type { Json, JsonObject } from "../json.js";
import type { TellableDrift } from "../store/drift.js";
import type { Store } from "../store/store.js";
import type { DriftReport } from "./drift-report.js";

interface Differing {
  readonly subject: DriftSubject;
  readonly changes: readonly { readonly path: string; readonly kind: string }[];
  /** What is the same as long as the drift is. */
  readonly content: Json;
}

/** Says what was told. Where something was not looked at, nothing is resolved: it may be there still. */
export async function announceDrift(store: Store, report: DriftReport, estate: readonly string[]): Promise<string> {
  const { drift, problems } = report;
  const against = [...drift.changed, ...drift.missing][0]?.against ?? "terraform";
  const found = differing(report).map((one) => tellable(one, against));
  const doubtful = new Set(drift.unknown.map(({ id }) => id));
  const seen = (resource: string): boolean => problems.length === 0 && !doubtful.has(resource);
  const { told, resolved } = await store.drift.tell(
    JSON.stringify(estate),
    { found, seen },
    await store.audit.caller(),
  );
  if (told > 0) store.outbox.committed();
  return `told of ${told} new differences, ${resolved} are gone`;
}

function differing({ drift }: DriftReport): Differing[] {
  const whole = (subject: DriftSubject, kind: string): Differing => ({
    ...{ subject, changes: [{ path: "/config", kind }], content: kind },
  });
  return [
    ...drift.changed.map((subject) => ({
      ...{
        subject,
        changes: subject.changes.slice(0, 1_000).map(({ path, kind }) => ({ path: path.slice(0, 2_000), kind })),
      },
      content: subject.changes as unknown as Json,
    })),
    ...drift.missing.map((subject) => whole(subject, "removed")),
    ...drift.unmanaged.map((subject) => whole(subject, "added")),
  ];
}

function tellable({ subject, changes, content }: Differing, against: Against): TellableDrift {
  const { id, provider, type, name, account, region } = subject;
  const fingerprint = createHash("sha256")
    .update(canonicalText([id, content]))
    .digest("hex");
  const now = new Date().toISOString();
  const data: JsonObject = {
    ...{
      drift: fingerprint,
      resource: { id: id.slice(0, 2_000), provider, type, name, account, region },
      environment: null,
    },
    ...{ against: subject.against ?? against, changes, detectedAt: now, link: null },
  };
  const event: CloudEvent = {
    // The same drift may come back after it was gone: then it is another event.
    ...{
      specversion: "1.0",
      id: `drift-${fingerprint}-${Date.parse(now)}`,
      source: "/portcullis",
      type: "DriftDetectedEvent",
    },
    ...{ subject: fingerprint, time: now, datacontenttype: "application/json", data },
    dataschema: "https://portcullis.dev/schemas/events/DriftDetectedEvent.schema.json",
  };
  return { resource: id, fingerprint, event: { topic: topics.infrastructure, key: id, event } };
}
