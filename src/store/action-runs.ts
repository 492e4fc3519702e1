// Actions that the service is to run or roll back: asked for over the API or by an event, done by whichever process comes first.
import type { Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import type { Actor } from "../identity.js";
import type { Database, Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { storableText } from "./storable.js";

export type RunVerb = "run" | "rollback";

export interface RunWish {
  readonly action: string;
  readonly verb: RunVerb;
  /** Of a rollback. */
  readonly reason: string | null;
  readonly caller: Caller;
  /** Of the API; absent elsewhere. */
  readonly roles?: readonly string[];
}

export interface StoredWish {
  readonly verb: RunVerb;
  readonly askedBy: string;
  readonly askedAt: string;
  /** Null while it waits or is being done. */
  readonly endedAt: string | null;
  /** Why it was not done. */
  readonly refusal: string | null;
}

export interface ActionRuns {
  /** False when the same is asked for already, and not done yet. */
  ask(wish: RunWish): Promise<boolean>;
  get(action: string): Promise<StoredWish | null>;
  /** The oldest that nobody does; it is this holder's for so long. */
  take(holder: string, leaseMs: number): Promise<RunWish | null>;
  renew(action: string, holder: string, leaseMs: number): Promise<void>;
  /** Nothing where it is somebody else's by now. */
  end(action: string, holder: string, refusal: string | null): Promise<void>;
  /** Another may take it after so long. */
  putBack(action: string, holder: string, afterMs: number): Promise<void>;
}

export function createActionRuns(database: Database): ActionRuns {
  return {
    ask: (wish) => database.transaction((session) => askIn(session, wish)),
    async get(action) {
      const [row] = await database.query("select * from action_runs where action = $1", [storableText(action)]);
      return row === undefined ? null : storedWish(row);
    },
    async take(holder, leaseMs) {
      const [row] = await database.query(
        `update action_runs set holder = $1, lease = clock_timestamp() + make_interval(secs => $2::float8 / 1000)
         where action = (
           select action from action_runs where ended_at is null and (lease is null or lease < clock_timestamp())
           order by asked_at limit 1 for update skip locked
         ) returning *`,
        [holder, leaseMs],
      );
      return row === undefined ? null : wishOf(row);
    },
    async renew(action, holder, leaseMs) {
      await database.query(
        `update action_runs set lease = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
         where action = $1 and holder = $2 and ended_at is null`,
        [action, holder, leaseMs],
      );
    },
    async end(action, holder, refusal) {
      await database.query(
        `update action_runs set ended_at = clock_timestamp(), refusal = $3, holder = null, lease = null
         where action = $1 and holder = $2 and ended_at is null`,
        [action, holder, refusal === null ? null : storableText(refusal).slice(0, 4_000)],
      );
    },
    async putBack(action, holder, afterMs) {
      await database.query(
        `update action_runs set holder = '', lease = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
         where action = $1 and holder = $2 and ended_at is null`,
        [action, holder, afterMs],
      );
    },
  };
}

/** In the transaction of what the wish follows from. */
export async function askIn(session: Session, { action, verb, reason, caller, roles = [] }: RunWish): Promise<boolean> {
  const rows = await session.query(
    `insert into action_runs as r (action, verb, reason, asked_by, asked_by_source, asked_by_roles, origin)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (action) do update set verb = excluded.verb, reason = excluded.reason, asked_by = excluded.asked_by,
       asked_by_source = excluded.asked_by_source, asked_by_roles = excluded.asked_by_roles, origin = excluded.origin, asked_at = clock_timestamp(), holder = null,
       lease = null, ended_at = null, refusal = null
     where r.ended_at is not null
     returning 1 as asked`,
    [
      ...[action, verb, reason === null ? null : storableText(reason)],
      ...[storableText(caller.actor.name), caller.actor.source, roles, storableText(caller.origin)],
    ],
  );
  if (rows.length > 0) return true;
  const [row] = await session.query("select verb from action_runs where action = $1", [action]);
  if (row?.["verb"] === verb) return false;
  throw new PortcullisError(
    "usage",
    `somebody asked for action ${action} to be ${verb === "run" ? "rolled back" : "run"}: wait for it`,
  );
}

function wishOf(row: Row): RunWish {
  const actor = { name: String(row["asked_by"]), source: row["asked_by_source"] as Actor["source"] };
  return {
    ...{ action: String(row["action"]), verb: row["verb"] as RunVerb, reason: row["reason"] as string | null },
    caller: { actor, origin: String(row["origin"]) },
    roles: row["asked_by_roles"] as readonly string[],
  };
}

function storedWish(row: Row): StoredWish {
  return {
    ...{ verb: row["verb"] as RunVerb, askedBy: String(row["asked_by"]), askedAt: instant(row["asked_at"]) },
    endedAt: row["ended_at"] === null ? null : instant(row["ended_at"]),
    refusal: row["refusal"] as string | null,
  };
}
