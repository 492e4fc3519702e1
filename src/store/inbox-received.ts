// What others told us, as it came, and the health of components that follows from it.
import { createHash } from "node:crypto";
import type { CloudEvent, EventType } from "../events/cloud-event.js";
import { schemaId } from "../events/schema-id.js";
import { enqueue } from "../events/outbox.js";
import { FaultyEventError } from "../events/parse-event.js";
import { topics } from "../events/topics.js";
import type { Json, JsonObject } from "../json.js";
import { decodeCursor, encodeCursor } from "./cursor.js";
import type { Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { storable, storableKey, storableText } from "./storable.js";

export const receivedStates = ["received", "applied", "decided", "refused"] as const;

export interface ReceivedEvent {
  readonly type: string;
  readonly topic: string;
  /** When it came. */
  readonly received: string;
  /**
   * `received`: it is kept, and nothing else; `applied`: it changed something here. Of a request: `decided`, or `refused` where it
   * cannot become an action.
   */
  readonly status: (typeof receivedStates)[number];
  readonly decision: string | null;
  readonly action: string | null;
  /** Why it was refused. */
  readonly message: string | null;
  readonly event: JsonObject;
}

export interface ReceivedQuery {
  readonly limit: number;
  readonly type?: string;
  readonly after?: string;
}

export interface ReceivedPage {
  readonly events: readonly ReceivedEvent[];
  readonly next: string | null;
}

export interface Arrival {
  readonly topic: string;
  readonly at: Date;
  /** CloudEvents' `source` of what follows from it; null where nobody is told. */
  readonly announceAs: string | null;
}

/** What asks for something to be done: it is kept until somebody has decided on it, however old it is. */
export const requestTypes: readonly EventType[] = ["DeploymentRequirementsEvent", "ScalingRequestEvent"];
/** Of each type. One more is refused, and so a dead letter, rather than to remove one silently. */
export const mostUndecided = 10_000;

/** Keeps the event, and does what follows from it. Throws FaultyEventError for a request when too many wait. */
export async function receiveEvent(session: Session, event: CloudEvent, arrival: Arrival): Promise<void> {
  if (requestTypes.includes(event.type)) await checkRoom(session, event.type);
  const isApplied = event.type === "HealthStatusEvent" && (await applyHealth(session, event, arrival));
  await session.query(
    `insert into received_events (source, id, type, subject, topic, occurred, received, status, event)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb) on conflict (source, id) do nothing`,
    [
      ...[storableKey(event.source, 1_200), storableKey(event.id, 600), event.type],
      event.subject === undefined ? null : storableText(event.subject),
      ...[arrival.topic, event.time, arrival.at.toISOString(), isApplied ? "applied" : "received"],
      JSON.stringify(storable(event)),
    ],
  );
}

async function checkRoom(session: Session, type: EventType): Promise<void> {
  const waiting = await session.query(
    "select 1 as one from received_events where type = $1 and status = 'received' offset $2 limit 1",
    [type, mostUndecided - 1],
  );
  if (waiting.length > 0)
    throw new FaultyEventError(`${mostUndecided} ${type} wait for a decision already: replay it when there are fewer`);
}

/** True when it changed what is known. What happened before the last that is known changes nothing. */
async function applyHealth(session: Session, event: CloudEvent, arrival: Arrival): Promise<boolean> {
  const { component, environment = null, status, since = event.time, message = null } = event.data;
  const key = [storableKey(textOf(component), 600), storableKey(textOf(environment), 600)];
  // Waits for who says something of the same component, also when it is the first.
  await session.query("select pg_advisory_xact_lock($1::int, hashtext($2))", [healthLock, JSON.stringify(key)]);
  const [before] = await session.query(
    "select status, occurred from component_health where component = $1 and environment = $2",
    key,
  );
  // A sender whose clock is ahead must not have the last word until then.
  const occurred = new Date(Math.min(Date.parse(event.time), arrival.at.getTime())).toISOString();
  if (before !== undefined && instant(before["occurred"]) > occurred) return false;
  await session.query(
    `insert into component_health (component, environment, status, since, occurred) values ($1, $2, $3, $4, $5)
     on conflict (component, environment) do update
       set status = excluded.status, since = excluded.since, occurred = excluded.occurred`,
    [...key, status, since, occurred],
  );
  const previous = (before?.["status"] ?? null) as string | null;
  if (previous === status) return false;
  const data = { component, environment, status, previous, since, message, cause: causeOf(event) } as JsonObject;
  if (arrival.announceAs !== null) await announceHealth(session, { event, data, source: arrival.announceAs });
  return true;
}

/** Any number that only this uses. */
const healthLock = 7_067_267;

function causeOf({ source, id, type }: CloudEvent): JsonObject {
  return { source, id, type };
}

interface HealthChange {
  readonly event: CloudEvent;
  readonly data: JsonObject;
  readonly source: string;
}

async function announceHealth(session: Session, { event, data, source }: HealthChange): Promise<void> {
  const parts = JSON.stringify(["infrastructure-health", event.source, event.id]);
  const component = textOf(data["component"]);
  await enqueue(session, [
    {
      topic: topics.infrastructure,
      key: component,
      event: {
        ...{ specversion: "1.0", id: createHash("sha256").update(parts).digest("hex").slice(0, 40), source },
        ...{ type: "InfrastructureHealthEvent", subject: component, time: event.time },
        ...{ datacontenttype: "application/json", dataschema: schemaId("InfrastructureHealthEvent") },
        partitionkey: component,
        ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
        data: storable(data) as JsonObject,
      },
    },
  ]);
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export async function listReceived(session: Session, { limit, type, after }: ReceivedQuery): Promise<ReceivedPage> {
  const [before] = after === undefined ? [2 ** 31 - 1] : decodeCursor(after, ["number"]);
  const rows = await session.query(
    `select seq, type, topic, received, status, decision, action, message, event from received_events
     where seq < $1 and ($2::text is null or type = $2) order by seq desc limit $3`,
    [before, type === undefined ? null : storableText(type), limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map(receivedOf),
    next: rows.length > limit && last !== undefined ? encodeCursor([Number(last["seq"])]) : null,
  };
}

function receivedOf(row: Row): ReceivedEvent {
  return {
    ...{ type: String(row["type"]), topic: String(row["topic"]), received: instant(row["received"]) },
    status: row["status"] as ReceivedEvent["status"],
    decision: row["decision"] as string | null,
    action: row["action"] as string | null,
    message: row["message"] as string | null,
    event: row["event"] as JsonObject,
  };
}
