// What was told of drift: each difference once, until it is gone, and then its end once. Work and events are in proportion to what
// changed since the run before.
import { createHash } from "node:crypto";
import { insertEvents, type PendingEvent } from "../events/outbox.js";
import type { JsonObject } from "../json.js";
import { Batch } from "./batch.js";
import type { Row, Session } from "./database.js";
import { storable, storableId } from "./storable.js";

export const driftKinds = ["changed", "missing", "unmanaged"] as const;
export type DriftKind = (typeof driftKinds)[number];

/** A difference that others are told of. */
export interface TellableDrift {
  readonly resource: string;
  readonly kind: DriftKind;
  /** Of the resource and all that differs: another one is told again. */
  readonly fingerprint: string;
  /** As it is shown, without secrets. */
  readonly detail: JsonObject;
  readonly event: PendingEvent;
}

export interface FoundDrift {
  readonly found: readonly TellableDrift[];
  /** Whether the resource was compared in full: what was told of it and was not found is over then. */
  readonly seen: (resource: string) => boolean;
}

export interface ToldDrift {
  readonly told: number;
  readonly resolved: number;
}

export interface Telling extends FoundDrift {
  /** See `estateKey`. */
  readonly estateKey: string;
  /** The process's own time, RFC 3339. */
  readonly now: string;
  /** There is somebody to send events to. */
  readonly publish: boolean;
}

/** So long the end of a difference is kept. */
const keptDays = 90;

/** What was compared with what, as a name of one length. */
export function estateKey(estate: string): string {
  return createHash("sha256").update(estate).digest("hex");
}

/** In the caller's transaction. */
export async function tellIn(session: Session, telling: Telling): Promise<ToldDrift> {
  const { found, seen, now, estateKey: estate } = telling;
  // One run of an estate at a time: two would tell the same.
  await session.query("select pg_advisory_xact_lock(hashtextextended($1, 16))", [estate]);
  const open = await openOf(session, estate);
  const current = new Map(found.map((one) => [storableId(one.resource), one]));
  const fresh = [...current].filter(([resource, one]) => open.get(resource) !== one.fingerprint);
  const gone = [...open.keys()].filter((resource) => !current.has(resource) && seen(resource));
  const writer = { session, estate, now, publish: telling.publish };
  await end(writer, gone, true);
  // What is another difference now is no end: the new one is told.
  const changed = fresh.flatMap(([resource]) => (open.has(resource) ? [resource] : []));
  await end(writer, changed, false);
  await begin(writer, fresh);
  if (gone.length + changed.length > 0) await prune(session, estate, now);
  return { told: fresh.length, resolved: gone.length };
}

async function openOf(session: Session, estate: string): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query(
    "select resource, fingerprint from drift_told where estate = $1 and resolved_at is null",
    [estate],
  );
  return new Map(rows.map((row) => [String(row["resource"]), String(row["fingerprint"])]));
}

interface Writer {
  readonly session: Session;
  readonly estate: string;
  readonly now: string;
  readonly publish: boolean;
}

async function end({ session, estate, now, publish }: Writer, gone: readonly string[], tell: boolean): Promise<void> {
  const batch = new Batch<string>(
    async (resources) => {
      const ended = await session.query(
        `update drift_told set resolved_at = $3
         where estate = $1 and resolved_at is null and resource = any($2::text[]) returning event`,
        [estate, resources, now],
      );
      if (publish && tell)
        await insertEvents(
          session,
          ended.flatMap((row) => endOf(row, now)),
        );
    },
    (resource) => resource.length,
  );
  for (const resource of gone) await batch.add(resource);
  await batch.flush();
}

/** Rows of the time before events were kept have none. */
function endOf(row: Row, now: string): PendingEvent[] {
  const told = row["event"] as PendingEvent | null;
  if (told === null) return [];
  const { topic, key, event } = told;
  const data: JsonObject = { ...event.data, state: "cleared", detectedAt: now };
  return [{ topic, key, event: { ...event, id: `${event.id}-cleared`, time: now, data } }];
}

async function begin(
  { session, estate, now, publish }: Writer,
  fresh: readonly (readonly [string, TellableDrift])[],
): Promise<void> {
  const batch = new Batch<Fresh>(
    async (rows) => {
      await session.query(
        `insert into drift_told (estate, resource, fingerprint, kind, detail, event, told_at)
         select $1, r.resource, r.fingerprint, r.kind, r.detail, r.event, $3
         from jsonb_to_recordset($2::jsonb) as r(resource text, fingerprint text, kind text, detail jsonb, event jsonb)`,
        [estate, `[${rows.map(({ text }) => text).join(",")}]`, now],
      );
      if (publish)
        await insertEvents(
          session,
          rows.map(({ event }) => event),
        );
    },
    ({ text }) => text.length,
  );
  for (const [resource, { fingerprint, kind, detail, event }] of fresh) {
    const row = { resource, fingerprint, kind, detail, event: event as unknown as JsonObject };
    await batch.add({ text: JSON.stringify(storable(row)), event });
  }
  await batch.flush();
}

interface Fresh {
  readonly text: string;
  readonly event: PendingEvent;
}

async function prune(session: Session, estate: string, now: string): Promise<void> {
  await session.query(
    `delete from drift_told where estate = $1 and resolved_at < $2::timestamptz - make_interval(days => $3)`,
    [estate, now, keptDays],
  );
}
