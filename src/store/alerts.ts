// Alerts on their way to places besides the broker, as rows: changes that are in no message yet, and messages of destinations.
import type { AlertEvent } from "../alerts/alert-event.js";
import type { Json } from "../json.js";
import type { Database, Row, Session } from "./database.js";
import { statusNow } from "./finding-query.js";
import { findingOf, instant, type Finding } from "./findings.js";
import { storable } from "./storable.js";

export interface AlertMessage {
  /** The same at each attempt. */
  readonly id: string;
  readonly body: Json;
  /** How often it was tried before. */
  readonly attempts: number;
}

/** A message that was never tried: more may be added to it. */
export interface OpenMessage {
  readonly id: string;
  readonly destination: string;
  readonly body: Json;
  readonly events: number;
}

/** A new message, or another body of one that was never tried. */
export interface Draft {
  readonly id: string;
  readonly destination: string;
  readonly body: Json;
  readonly events: number;
}

export const alertStatuses = ["pending", "sent", "failed"] as const;
export type AlertStatus = (typeof alertStatuses)[number];

/** What became of a message, without its text. */
export interface ListedAlert {
  readonly id: string;
  readonly destination: string;
  readonly status: AlertStatus;
  readonly events: number;
  readonly attempts: number;
  readonly error: string | null;
  readonly added: string;
  readonly tried: string | null;
  readonly ended: string | null;
}

export interface AlertQuery {
  readonly status: AlertStatus | null;
  readonly destination: string | null;
  readonly limit: number;
}

/** Which failed messages: those that are named, or all (of a destination). */
export interface RetryQuery {
  readonly ids: readonly string[] | null;
  readonly destination: string | null;
}

/** Every method throws PortcullisError `store-unavailable` when the database is not there (any more). */
export interface Alerts {
  /**
   * Takes changes, the oldest first, when the first is so old or there are many, and keeps the messages that `plan` makes of
   * them, all in one transaction. Gives their number.
   */
  plan(options: PlanOptions): Promise<number>;
  /** Destinations for which something is pending. */
  waiting(): Promise<readonly string[]>;
  /** The oldest that is pending, marked as tried. */
  next(destination: string): Promise<AlertMessage | null>;
  sent(id: string): Promise<void>;
  /** It stays pending, with the reason. */
  deferred(id: string, error: string): Promise<void>;
  failed(id: string, error: string): Promise<void>;
  /** Fails what has waited for longer; gives the number. */
  giveUp(destination: string, ms: number, error: string): Promise<number>;
  list(query: AlertQuery): Promise<readonly ListedAlert[]>;
  /** Failed messages are pending again. */
  retry(query: RetryQuery): Promise<number>;
  /** Forgets what was sent a week ago, and what failed three months ago. */
  prune(): Promise<void>;
  /** As they are now. */
  findings(fingerprints: readonly string[], now: string): Promise<readonly Finding[]>;
}

export interface PlanOptions {
  readonly olderThanMs: number;
  readonly limit: number;
  readonly plan: (events: readonly AlertEvent[], open: readonly OpenMessage[]) => readonly Draft[];
}

export function createAlerts(database: Database): Alerts {
  return {
    plan: (options) => database.transaction((session) => plan(session, options)),
    waiting: () => waiting(database),
    next: (destination) => next(database, destination),
    sent: (id) => end(database, [id, "sent", null]),
    failed: (id, error) => end(database, [id, "failed", error]),
    async deferred(id, error) {
      await database.query("update alert_messages set error = $2 where id = $1 and status = 'pending'", [
        ...[id, storable(error)],
      ]);
    },
    giveUp: (destination, ms, error) => giveUp(database, [destination, ms, storable(error)]),
    list: (query) => list(database, query),
    retry: (query) => retry(database, query),
    prune: () => prune(database),
    findings: (fingerprints, now) => findings(database, fingerprints, now),
  };
}

async function plan(session: Session, { olderThanMs, limit, plan: make }: PlanOptions): Promise<number> {
  const rows = await session.query(
    `select seq, event from alert_events
     where (select added from alert_events order by seq limit 1) <= clock_timestamp() - make_interval(secs => $1::float8 / 1000)
     order by seq limit $2 for update skip locked`,
    [olderThanMs, limit],
  );
  if (rows.length === 0) return 0;
  const open = await session.query(
    `select id, destination, body, events from alert_messages
     where seq in (select max(seq) from alert_messages where status = 'pending' group by destination) and attempts = 0
     for update skip locked`,
  );
  const drafts = make(
    rows.map(({ event }) => event as AlertEvent),
    open as unknown as OpenMessage[],
  );
  for (const draft of drafts) await keep(session, draft);
  await session.query("delete from alert_events where seq = any($1::bigint[])", [rows.map(({ seq }) => seq)]);
  return rows.length;
}

async function keep(session: Session, { id, destination, body, events }: Draft): Promise<void> {
  await session.query(
    `insert into alert_messages (id, destination, body, events) values ($1, $2, $3::jsonb, $4)
     on conflict (id) do update set body = excluded.body, events = excluded.events`,
    [id, destination, JSON.stringify(storable(body)), events],
  );
}

async function waiting(session: Session): Promise<readonly string[]> {
  const rows = await session.query("select distinct destination from alert_messages where status = 'pending'");
  return rows.map(({ destination }) => destination as string);
}

async function next(session: Session, destination: string): Promise<AlertMessage | null> {
  const [row] = await session.query(
    `update alert_messages set attempts = attempts + 1, tried = clock_timestamp()
     where seq = (select seq from alert_messages where destination = $1 and status = 'pending' order by seq limit 1)
     returning id, body, attempts - 1 as attempts`,
    [destination],
  );
  return (row ?? null) as AlertMessage | null;
}

async function end(
  session: Session,
  [id, status, error]: readonly [string, AlertStatus, string | null],
): Promise<void> {
  await session.query(
    `update alert_messages set status = $2, error = $3, ended = clock_timestamp() where id = $1 and status = 'pending'`,
    [id, status, storable(error)],
  );
}

async function giveUp(session: Session, params: readonly unknown[]): Promise<number> {
  const rows = await session.query(
    `update alert_messages set status = 'failed', error = $3, ended = clock_timestamp()
     where destination = $1 and status = 'pending'
       and since < clock_timestamp() - make_interval(secs => $2::float8 / 1000)
     returning 1`,
    params,
  );
  return rows.length;
}

async function list(session: Session, { status, destination, limit }: AlertQuery): Promise<readonly ListedAlert[]> {
  const rows = await session.query(
    `select id, destination, status, events, attempts, error, added, tried, ended from alert_messages
     where ($1::text is null or status = $1) and ($2::text is null or destination = $2)
     order by seq desc limit $3`,
    [status, destination, limit],
  );
  return rows.map((row: Row) => ({
    ...(row as unknown as ListedAlert),
    added: instant(row["added"]),
    tried: row["tried"] === null ? null : instant(row["tried"]),
    ended: row["ended"] === null ? null : instant(row["ended"]),
  }));
}

async function retry(session: Session, { ids, destination }: RetryQuery): Promise<number> {
  const rows = await session.query(
    `update alert_messages set status = 'pending', ended = null, since = clock_timestamp()
     where status = 'failed' and ($1::text[] is null or id = any($1)) and ($2::text is null or destination = $2)
     returning 1`,
    [ids, destination],
  );
  return rows.length;
}

async function prune(session: Session): Promise<void> {
  await session.query(
    `delete from alert_messages where (status = 'sent' and ended < clock_timestamp() - interval '7 days')
       or (status = 'failed' and ended < clock_timestamp() - interval '90 days')`,
  );
}

async function findings(session: Session, fingerprints: readonly string[], now: string): Promise<readonly Finding[]> {
  const rows = await session.query(
    `select f.*, ${statusNow} as status_now from findings f where fingerprint = any($2)`,
    [now, fingerprints],
  );
  return rows.map(findingOf);
}
