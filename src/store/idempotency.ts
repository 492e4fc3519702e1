// Requests with an Idempotency-Key, over a database that any number of replicas share. Times are the database's.
import { randomUUID } from "node:crypto";
import type { Database, Row } from "./database.js";

export interface KeyedRequest {
  /** Whose key it is: keys of others are others. */
  readonly identity: string;
  readonly key: string;
  /** SHA-256 of what was asked for, hex. */
  readonly hash: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `attempt` tells this work from another on the same key, which took it over when the lease ended. */
export interface BegunRequest {
  readonly kind: "begun";
  readonly attempt: string;
  /** The id for what is created: the same when the request is begun again after a process died. */
  readonly creates: string;
  /** It was begun before, and nobody knows how far that came: what it creates may be there. */
  readonly again: boolean;
}

export type KeyState =
  | BegunRequest
  | { readonly kind: "answered"; readonly answer: KeptAnswer }
  /** Somebody works on it now. */
  | { readonly kind: "running" }
  /** The key was used for another request. */
  | { readonly kind: "other" };

export interface IdempotencyKeys {
  /** For how long a begun request is nobody else's, unless it is renewed. */
  readonly leaseMs: number;
  begin(request: KeyedRequest): Promise<KeyState>;
  /** False when it is another's by now. */
  renew(request: KeyedRequest, attempt: string): Promise<boolean>;
  /** Keeps the answer for a day from the beginning on. False when it is another's by now. */
  finish(request: KeyedRequest, attempt: string, answer: KeptAnswer): Promise<boolean>;
  /** Nothing came of it: it may be begun again at once. */
  release(request: KeyedRequest, attempt: string): Promise<void>;
}

const kept = "24 hours";
const defaultLeaseMs = 30_000;
/** Expired ones that a beginning removes besides. */
const removedAtOnce = 100;

export function createIdempotencyKeys(database: Database, leaseMs = defaultLeaseMs): IdempotencyKeys {
  const lease = `now() + interval '${leaseMs} milliseconds'`;
  return {
    leaseMs,
    async begin(request) {
      await removeExpired(database);
      const begun = await tryToBegin(database, request, { attempt: randomUUID(), lease });
      return begun ?? stateOf(database, request);
    },
    async renew({ identity, key }, attempt) {
      const rows = await database.query(
        `update idempotency_keys set leased_until = ${lease} where identity = $1 and key = $2 and attempt = $3 and status is null returning 1`,
        [identity, key, attempt],
      );
      return rows.length === 1;
    },
    async finish({ identity, key }, attempt, { status, headers, body }) {
      const rows = await database.query(
        `update idempotency_keys set status = $4, headers = $5::jsonb, body = $6
         where identity = $1 and key = $2 and attempt = $3 and status is null returning 1`,
        [identity, key, attempt, status, JSON.stringify(headers), body],
      );
      return rows.length === 1;
    },
    async release({ identity, key }, attempt) {
      await database.query(
        "update idempotency_keys set leased_until = now() where identity = $1 and key = $2 and attempt = $3 and status is null",
        [identity, key, attempt],
      );
    },
  };
}

function removeExpired(database: Database): Promise<readonly Row[]> {
  return database.query(
    `delete from idempotency_keys where (identity, key) in (
       select identity, key from idempotency_keys where expires <= now() order by expires limit ${removedAtOnce} for update skip locked)`,
  );
}

/** One statement, so that of any number who come together one begins. */
async function tryToBegin(
  database: Database,
  { identity, key, hash }: KeyedRequest,
  { attempt, lease }: { readonly attempt: string; readonly lease: string },
): Promise<BegunRequest | null> {
  const created = randomUUID();
  const [row] = await database.query(
    `insert into idempotency_keys as k (identity, key, request_hash, creates, attempt, leased_until, expires)
     values ($1, $2, $3, $4, $5, ${lease}, now() + interval '${kept}')
     on conflict (identity, key) do update set
       request_hash = excluded.request_hash, attempt = excluded.attempt, leased_until = excluded.leased_until,
       creates = case when k.expires <= now() then excluded.creates else k.creates end,
       expires = case when k.expires <= now() then excluded.expires else k.expires end,
       status = null, headers = null, body = null
     where k.expires <= now() or (k.status is null and k.leased_until <= now() and k.request_hash = excluded.request_hash)
     returning creates::text as creates`,
    [identity, key, hash, created, attempt],
  );
  if (row === undefined) return null;
  const creates = String(row["creates"]);
  return { kind: "begun", attempt, creates, again: creates !== created };
}

async function stateOf(database: Database, { identity, key, hash }: KeyedRequest): Promise<KeyState> {
  const [row] = await database.query("select * from idempotency_keys where identity = $1 and key = $2", [
    identity,
    key,
  ]);
  if (row === undefined) return { kind: "running" }; // it expired just now: who comes again begins
  if (row["request_hash"] !== hash) return { kind: "other" };
  if (row["status"] === null) return { kind: "running" };
  const { status, headers, body } = row;
  return { kind: "answered", answer: { status, headers, body } as KeptAnswer };
}
