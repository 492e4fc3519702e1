// What schedules found when they looked for drift: each look with its counts, and the differences that hold still. A look that did
// not see everything is an error, whatever else it found.
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import type { Database, Row, Session } from "./database.js";
import { decodeCursor, encodeCursor } from "./cursor.js";
import { estateKey, tellIn, type DriftKind, type FoundDrift, type ToldDrift } from "./drift-told.js";
import { instant } from "./findings.js";
import { storable, storableText } from "./storable.js";

export const checkStatuses = ["never", "running", "clean", "drift", "error"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export interface DriftCheckResult {
  readonly counts: JsonObject;
  /** What could not be compared or looked at; the first hundred are kept. */
  readonly uncompared: readonly JsonObject[];
  /** Why not everything could be looked at; null where it could. */
  readonly message: string | null;
  readonly drift: FoundDrift;
}

/** How a schedule that looks for drift stands. Times are RFC 3339, UTC. */
export interface DriftState {
  readonly schedule: string;
  /** `error` also where the last run ended without a result; `never` where there was none. */
  readonly status: CheckStatus;
  readonly message: string | null;
  /** Of the last look that ended. */
  readonly check: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly counts: JsonObject;
  readonly uncompared: readonly JsonObject[];
  /** What differs as far as is known, also where the last look was an error. */
  readonly differences: number;
}

export interface DriftDifference {
  readonly resource: string;
  readonly kind: DriftKind;
  readonly since: string;
  /** Who it is, and where it differs; without secrets. */
  readonly detail: JsonObject;
}

export interface DriftDifferencePage {
  readonly differences: readonly DriftDifference[];
  readonly next: string | null;
}

export interface DriftChecks {
  /** The id of the look. One of the schedule that never ended is an error from then on. */
  begin(schedule: string, estate: string): Promise<string>;
  /** With events, entry in the audit trail and differences, or not at all. Throws `usage` for one that is over. */
  end(check: string, result: DriftCheckResult, caller: Caller): Promise<ToldDrift>;
  /** In the order of the names. */
  states(schedules: readonly string[]): Promise<readonly DriftState[]>;
  differences(
    schedule: string,
    page: { readonly limit: number; readonly after?: string; readonly kind?: DriftKind },
  ): Promise<DriftDifferencePage>;
}

export interface DriftChecksOptions {
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
  /** There is a broker that events go to. */
  readonly publish: boolean;
  /** Called after a commit with events. */
  readonly committed: () => void;
}

/** Looks that are kept of each schedule. */
const keptChecks = 100;
const keptUncompared = 100;
const longestMessage = 2_000;

export function createDriftChecks(database: Database, options: DriftChecksOptions): DriftChecks {
  const { clock } = options;
  return {
    begin: (schedule, estate) =>
      database.transaction((session) =>
        begin(session, { schedule, estate, id: clock.newId(), now: clock.now().toISOString() }),
      ),
    async end(check, result, caller) {
      const told = await database.transaction((session) => end(session, { ...options, check, result, caller }));
      if (told.told + told.resolved > 0) options.committed();
      return told;
    },
    states: (schedules) => states(database, schedules),
    differences: (schedule, page) => differences(database, schedule, page),
  };
}

interface Beginning {
  readonly id: string;
  readonly schedule: string;
  readonly estate: string;
  readonly now: string;
}

async function begin(session: Session, { id, schedule, estate, now }: Beginning): Promise<string> {
  await session.query(
    `update drift_checks set status = 'error', ended = $2, message = 'its process ended without a result'
     where schedule = $1 and status = 'running'`,
    [schedule, now],
  );
  await session.query(
    `insert into drift_checks (id, schedule, estate, started, status) values ($1, $2, $3, $4, 'running')`,
    [id, schedule, estateKey(estate), now],
  );
  await session.query(
    `delete from drift_checks where schedule = $1 and id not in (
       select id from drift_checks where schedule = $1 order by started desc, id limit ${keptChecks})`,
    [schedule],
  );
  return id;
}

interface Ending extends DriftChecksOptions {
  readonly check: string;
  readonly result: DriftCheckResult;
  readonly caller: Caller;
}

async function end(session: Session, ending: Ending): Promise<ToldDrift> {
  const { check, result, clock, publish, caller, audit } = ending;
  const now = clock.now().toISOString();
  const status = statusOf(result);
  const message = status === "error" ? storableText(result.message ?? "not everything could be looked at") : null;
  const [row] = await session.query(
    `update drift_checks set status = $2, ended = $3, counts = $4, uncompared = $5, message = $6
     where id = $1 and status = 'running' returning schedule, estate`,
    [
      ...[check, status, now, JSON.stringify(storable(result.counts))],
      ...[JSON.stringify(storable(result.uncompared.slice(0, keptUncompared))), message?.slice(0, longestMessage)],
    ],
  );
  if (row === undefined)
    throw new PortcullisError("usage", `the look ${check} for drift is over, or another one began`);
  const told = await tellIn(session, { ...result.drift, estateKey: String(row["estate"]), now, publish });
  const details = { schedule: String(row["schedule"]), status, counts: result.counts, ...told };
  await audit.appendIn(session, [
    {
      at: now,
      kind: "drift.checked",
      ...caller,
      subject: check,
      decision: null,
      details: storable(details) as JsonObject,
    },
  ]);
  return told;
}

function statusOf({ message, uncompared, drift }: DriftCheckResult): "clean" | "drift" | "error" {
  if (message !== null || uncompared.length > 0) return "error";
  return drift.found.length > 0 ? "drift" : "clean";
}

async function states(session: Session, schedules: readonly string[]): Promise<readonly DriftState[]> {
  const rows = await session.query(
    `select n.name, c.id, c.started, c.ended, c.status, c.counts, c.uncompared, c.message, g.started as running,
       r.finished as failed, r.message as failure, (
         select count(*)::int from drift_told t where t.estate = coalesce(c.estate, g.estate) and t.resolved_at is null
       ) as differences
     from unnest($1::text[]) as n(name)
     left join lateral (
       select * from drift_checks where schedule = n.name and status <> 'running' order by started desc, id limit 1
     ) c on true
     left join lateral (
       select started, estate from drift_checks where schedule = n.name and status = 'running' limit 1
     ) g on true
     left join lateral (
       select finished, message, status from schedule_runs where schedule = n.name and finished is not null
       order by finished desc, id limit 1
     ) r on r.status = 'failed'
     order by n.name`,
    [[...schedules].sort()],
  );
  return rows.map(stateOf);
}

function stateOf(row: Row): DriftState {
  const [status, message] = standing(row);
  const [started, ended] = [row["started"], row["ended"]];
  return {
    ...{ schedule: row["name"], status, message, check: row["id"] },
    ...{ startedAt: started === null ? null : instant(started), endedAt: ended === null ? null : instant(ended) },
    ...{ counts: row["counts"] ?? {}, uncompared: row["uncompared"] ?? [], differences: row["differences"] },
  } as DriftState;
}

/** A run that failed after the last look ended, or left one unended, says that nobody knows. */
function standing(row: Row): readonly [CheckStatus, string | null] {
  const [ended, running, failed] = [row["ended"], row["running"], row["failed"]] as (Date | null)[];
  const isAfter = (from: Date | null | undefined): boolean =>
    failed !== null && failed !== undefined && (from === null || from === undefined || failed > from);
  if (isAfter(ended) && isAfter(running)) return ["error", (row["failure"] as string | null) ?? "the last run failed"];
  if (ended === null) return [running === null ? "never" : "running", null];
  return [row["status"] as CheckStatus, row["message"] as string | null];
}

async function differences(
  session: Session,
  schedule: string,
  { limit, after, kind }: Parameters<DriftChecks["differences"]>[1],
): Promise<DriftDifferencePage> {
  const [from] = after === undefined ? [""] : decodeCursor(after, ["string"]);
  const rows = await session.query(
    `select resource, kind, told_at, detail from drift_told
     where estate = (select estate from drift_checks where schedule = $1 order by started desc, id limit 1)
       and resolved_at is null and resource > $2 and kind is not null and ($3::text is null or kind = $3)
     order by resource limit $4`,
    [schedule, from, kind ?? null, limit + 1],
  );
  const page = rows.slice(0, limit).map(differenceOf);
  const last = page.at(-1);
  return { differences: page, next: rows.length > limit && last !== undefined ? encodeCursor([last.resource]) : null };
}

function differenceOf(row: Row): DriftDifference {
  const { resource, kind, detail } = row;
  return { resource, kind, since: instant(row["told_at"]), detail: detail ?? {} } as DriftDifference;
}
