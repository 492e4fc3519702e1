// What waits for the broker, as rows: read in the order of their transactions, removed when the broker has them.
import type { Database, Row } from "./database.js";
import { instant } from "./findings.js";
import { createLeases, type Leases } from "./outbox-leases.js";

export interface OutboxRow {
  readonly seq: number;
  readonly id: string;
  readonly topic: string;
  readonly key: string | null;
  /** A CloudEvent as JSON text. */
  readonly body: string;
}

export interface OutboxQuery {
  /** Rows that are under way. */
  readonly except: readonly number[];
  /** Topics that are left out. */
  readonly exceptTopics: readonly string[];
  readonly limit: number;
  /** Of the texts together; the first row comes whatever its length. */
  readonly bytes?: number;
}

/** An event that the broker refused. */
export interface ParkedEvent {
  readonly id: string;
  readonly topic: string;
  readonly added: string;
  readonly parked: string;
  readonly reason: string;
}

/** Every method throws PortcullisError `store-unavailable` when the database is not there (any more). */
export interface Outbox {
  /** The oldest first. Those of one key are in the order of their commits. */
  read(query: OutboxQuery): Promise<readonly OutboxRow[]>;
  /** Gives how long each had been there, in seconds. Rows that are gone already are left out. */
  remove(seqs: readonly number[]): Promise<readonly number[]>;
  /** Puts an event aside, with the reason. */
  park(seq: number, reason: string): Promise<void>;
  /** The latest first, at most so many. */
  parked(limit: number): Promise<readonly ParkedEvent[]>;
  /** Puts parked events back, all or those that are named; gives their number. */
  unpark(ids: readonly string[] | null): Promise<number>;
  /** How many wait; of more than 100,000 it says 100,000. */
  depth(): Promise<number>;
  readonly leases: Leases;
  /** Called after a commit of this process that may have left events. Returns what ends it. */
  onCommit(listener: () => void): () => void;
  /** For who commits. */
  committed(): void;
}

export function createOutbox(database: Database): Outbox {
  const listeners = new Set<() => void>();
  return {
    read: (query) => read(database, query),
    remove: (seqs) => remove(database, seqs),
    park: (seq, reason) => park(database, seq, reason),
    parked: (limit) => parked(database, limit),
    unpark: (ids) => unpark(database, ids),
    depth: () => depth(database),
    leases: createLeases(database),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    committed() {
      for (const listener of listeners) listener();
    },
  };
}

const noLimit = 2 ** 40;

async function read(database: Database, query: OutboxQuery): Promise<readonly OutboxRow[]> {
  const { except, exceptTopics, limit, bytes = noLimit } = query;
  const rows = await database.query(
    `select seq, id, topic, key, body from (
       select *, sum(octet_length(body)) over (order by seq) - octet_length(body) as before from (
         select seq, id, topic, key, body from outbox
         where seq <> all($1::bigint[]) and topic <> all($2::text[]) order by seq limit $3
       ) as first
     ) as counted where before < $4::bigint order by seq`,
    [except, exceptTopics, limit, bytes],
  );
  return rows.map((row) => ({ ...row, seq: Number(row["seq"]) }) as unknown as OutboxRow);
}

async function remove(database: Database, seqs: readonly number[]): Promise<readonly number[]> {
  const rows = await database.query(
    `delete from outbox where seq = any($1::bigint[])
     returning extract(epoch from clock_timestamp() - added)::float8 as age`,
    [seqs],
  );
  return rows.map((row) => Number(row["age"]));
}

async function park(database: Database, seq: number, reason: string): Promise<void> {
  await database.query(
    `with refused as (delete from outbox where seq = $1 returning *)
     insert into outbox_parked (id, topic, key, body, added, reason)
     select id, topic, key, body, added, $2 from refused
     on conflict (id) do update set reason = excluded.reason, parked = excluded.parked`,
    [seq, reason],
  );
}

async function parked(database: Database, limit: number): Promise<readonly ParkedEvent[]> {
  const rows = await database.query(
    "select id, topic, added, parked, reason from outbox_parked order by parked desc, id limit $1",
    [limit],
  );
  return rows.map((row: Row) => ({
    ...(row as unknown as ParkedEvent),
    added: instant(row["added"]),
    parked: instant(row["parked"]),
  }));
}

async function unpark(database: Database, ids: readonly string[] | null): Promise<number> {
  const rows = await database.query(
    `with back as (delete from outbox_parked where $1::text[] is null or id = any($1) returning *)
     insert into outbox (id, topic, key, body, added) select id, topic, key, body, added from back order by added, id
     on conflict (id) do nothing returning 1`,
    [ids],
  );
  return rows.length;
}

async function depth(database: Database): Promise<number> {
  const [row] = await database.query(
    "select count(*)::int as depth from (select 1 from outbox limit 100000) as waiting",
  );
  return Number(row?.["depth"]);
}
