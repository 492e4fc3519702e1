// Drift told to others: an event for each resource, once for each difference and not for each run.
import { createHash } from "node:crypto";
import type { CloudEvent } from "../events/cloud-event.js";
import { topics } from "../events/topics.js";
import { canonicalText } from "../inventory/drift/canonical-text.js";
import type { Against, PropertyChange } from "../inventory/drift/drift.js";
import type { DriftSubject } from "../inventory/drift/estate-drift.js";
import type { Json, JsonObject } from "../json.js";
import type { DriftKind, FoundDrift, TellableDrift } from "../store/drift-told.js";
import { storableId } from "../store/storable.js";
import type { Store } from "../store/store.js";
import type { DriftReport } from "./drift-report.js";

interface Differing {
  readonly subject: DriftSubject;
  readonly changes: readonly { readonly path: string; readonly kind: string }[];
  /** What is the same as long as the drift is. */
  readonly content: Json;
  readonly kind: DriftKind;
  readonly shown: readonly JsonObject[];
}

/** Says what was told. Where something was not looked at, nothing is resolved: it may be there still. */
export async function announceDrift(store: Store, report: DriftReport, estate: readonly string[]): Promise<string> {
  const { told, resolved } = await store.drift.tell(
    JSON.stringify(estate),
    foundDrift(report),
    await store.audit.caller(),
  );
  if (told + resolved > 0) store.outbox.committed();
  return `told of ${told} new differences, ${resolved} are gone`;
}

/** What differs, as others are told of it, and of which resources it is known that nothing else does. */
export function foundDrift(report: Pick<DriftReport, "drift" | "problems">, now = new Date()): FoundDrift {
  const { drift, problems } = report;
  const against = [...drift.changed, ...drift.missing][0]?.against ?? "terraform";
  const doubtful = new Set(drift.unknown.map(({ id }) => storableId(id)));
  return {
    found: differing(report).map((one) => tellable(one, against, now.toISOString())),
    seen: (resource) => problems.length === 0 && !doubtful.has(resource),
  };
}

function differing({ drift }: Pick<DriftReport, "drift">): Differing[] {
  const whole = (subject: DriftSubject, kind: "missing" | "unmanaged"): Differing => {
    const change = kind === "missing" ? "removed" : "added";
    return { kind, subject, changes: [{ path: "/config", kind: change }], content: change, shown: [] };
  };
  return [
    ...drift.changed.map((subject) => ({
      ...{ kind: "changed" as const, subject, shown: shownChanges(subject.changes) },
      changes: subject.changes.slice(0, 1_000).map(({ path, kind }) => ({ path: path.slice(0, 2_000), kind })),
      content: subject.changes as unknown as Json,
    })),
    ...drift.missing.map((subject) => whole(subject, "missing")),
    ...drift.unmanaged.map((subject) => whole(subject, "unmanaged")),
  ];
}

/** What is kept of one resource: more is not shown, only that there is more. */
const mostShown = 100;
const longestShown = 32_768;

/** Values where they are short enough to be kept. */
function shownChanges(changes: readonly PropertyChange[]): readonly JsonObject[] {
  const first = changes.slice(0, mostShown);
  const whole = first.map((change): JsonObject => ({ ...change }));
  if (JSON.stringify(whole).length <= longestShown) return whole;
  return first.map(({ path, kind }) => ({ path: path.slice(0, 2_000), kind }));
}

function tellable({ subject, changes, content, kind, shown }: Differing, against: Against, now: string): TellableDrift {
  const { id, provider, type, name, account, region } = subject;
  const fingerprint = createHash("sha256")
    .update(canonicalText([id, content]))
    .digest("hex");
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
  const { address, source } = subject;
  const detail = {
    provider,
    type,
    name,
    account,
    region,
    address,
    source,
    changes: shown,
    changesInAll: changes.length,
  };
  return { resource: id, kind, fingerprint, detail, event: { topic: topics.infrastructure, key: id, event } };
}
