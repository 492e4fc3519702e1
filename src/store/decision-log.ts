// Decisions as they are kept: appended in batches, listed, sent on, removed when they are old.
import type { Database, Row } from "./database.js";

export interface DecisionRow {
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly path: string;
  /** OPA's event as JSON. */
  readonly event: string;
}

export interface NumberedDecision extends DecisionRow {
  readonly seq: string;
}

export interface DecisionQuery {
  readonly limit: number;
  /** Only those before this `seq`. */
  readonly before?: string;
  readonly path?: string;
}

export interface DecisionLimits {
  /** Older ones go; RFC 3339. */
  readonly before: string | null;
  /** No more than so many stay. */
  readonly records: number | null;
}

/** Throws PortcullisError `store-unavailable` when the database is not there. */
export interface DecisionLog {
  /** All or none. `pending`: they are still to be sent on. */
  append(rows: readonly DecisionRow[], pending: boolean): Promise<void>;
  /** Newest first. */
  list(query: DecisionQuery): Promise<readonly NumberedDecision[]>;
  /** Oldest first, those that are still to be sent on. */
  pending(limit: number): Promise<readonly NumberedDecision[]>;
  /** Were sent on: they are removed. */
  sent(seqs: readonly string[]): Promise<void>;
  /** Removes what is beyond the limits, but for what is still to be sent on. Gives how many went. */
  trim(limits: DecisionLimits): Promise<number>;
}

export function createDecisionLog(database: Database): DecisionLog {
  return {
    async append(rows, pending) {
      await database.query(
        `insert into decision_log (id, at, path, event, pending)
         select r.id, r.at, r.path, r.event, $5
         from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) with ordinality as r (id, at, path, event, place)
         order by r.place`,
        [
          rows.map(({ id }) => id),
          rows.map(({ at }) => at),
          rows.map(({ path }) => path),
          rows.map(({ event }) => event),
          pending,
        ],
      );
    },
    async list({ limit, before, path }) {
      const rows = await database.query(
        `select seq::text, id, at, path, event from decision_log
         where ($1::bigint is null or seq < $1) and ($2::text is null or path = $2) order by seq desc limit $3`,
        [before ?? null, path ?? null, limit],
      );
      return rows.map(numbered);
    },
    async pending(limit) {
      const rows = await database.query(
        `select seq::text, id, at, path, event from decision_log where pending order by seq limit $1`,
        [limit],
      );
      return rows.map(numbered);
    },
    async sent(seqs) {
      await database.query(`delete from decision_log where seq = any($1::bigint[])`, [seqs]);
    },
    async trim({ before, records }) {
      const rows = await database.query(
        `with gone as (delete from decision_log where not pending and (at < $1::timestamptz
           or seq <= (select seq from decision_log where $2::bigint is not null order by seq desc offset $2 limit 1)) returning 1)
         select count(*)::int as count from gone`,
        [before, records],
      );
      return Number(rows[0]?.["count"] ?? 0);
    },
  };
}

function numbered(row: Row): NumberedDecision {
  const at = row["at"];
  return {
    ...{ seq: String(row["seq"]), id: String(row["id"]), path: String(row["path"]), event: String(row["event"]) },
    at: at instanceof Date ? at.toISOString() : String(at),
  };
}
