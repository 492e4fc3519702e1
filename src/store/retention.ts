// How long what is kept is kept. What is dropped is dropped by whole months, so that it costs nothing, and every removal is in
// the audit trail. What holds now is never removed: no open finding, no resource that is there, nothing that either refers to.
import type { AuditTrail } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Database, Session } from "./database.js";
import { mergeLock } from "./merge-scan.js";

/** What is kept before these times is removed; null keeps it for ever. RFC 3339. */
export interface RetentionCutoffs {
  /** Former states of resources, and what they looked like. */
  readonly inventory: string | null;
  /** Resolved findings, what happened to findings, and the scans. */
  readonly findings: string | null;
}

/** How many rows go, and how many bytes their months took. */
export interface RetentionOutcome {
  readonly inventory: { readonly states: number; readonly resources: number; readonly bodies: number };
  readonly findings: { readonly findings: number; readonly events: number; readonly scans: number };
}

export interface RetentionTask {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditTrail;
  readonly cutoffs: RetentionCutoffs;
  /** Says what would go, and removes nothing. */
  readonly dryRun: boolean;
}

/** Removes what is older than the cutoffs, in one transaction; no scan is merged meanwhile. */
export async function applyRetention(task: RetentionTask): Promise<RetentionOutcome> {
  const { database, audit, clock, cutoffs, dryRun } = task;
  const by = await audit.caller();
  return database.transaction(async (session) => {
    await session.query("select pg_advisory_xact_lock($1::bigint)", [mergeLock]);
    await session.script("savepoint before_removal");
    const outcome = {
      inventory: await removeInventory(session, cutoffs.inventory),
      findings: await removeFindings(session, cutoffs.findings),
    };
    if (dryRun) {
      await session.script("rollback to savepoint before_removal");
      return outcome;
    }
    const details = { cutoffs: { ...cutoffs }, removed: { ...outcome.inventory, ...outcome.findings } };
    const event = { at: clock.now().toISOString(), kind: "retention.applied", ...by, subject: null, decision: null };
    await audit.appendIn(session, [{ ...event, details }]);
    return outcome;
  });
}

async function removeInventory(session: Session, before: string | null): Promise<RetentionOutcome["inventory"]> {
  if (before === null) return { states: 0, resources: 0, bodies: 0 };
  const states = await dropMonths(session, "past_states", before);
  const resources = await removed(
    session,
    `delete from resources r where r.last_seen < $1
       and not exists (select from states s where s.resource = r.key)
       and not exists (select from past_states p where p.resource = r.key)`,
    [before],
  );
  return { states, resources, bodies: await removeUnused(session) };
}

/** What a scan that still runs has written is not referred to yet: the young are left alone. */
async function removeUnused(session: Session): Promise<number> {
  const bodies = await removed(
    session,
    `delete from bodies b where b.added < now() - interval '2 days'
       and not exists (select from states s where s.body = b.hash)
       and not exists (select from past_states p where p.body = b.hash)`,
    [],
  );
  await removed(
    session,
    `delete from vectors v where not exists (select from scans where status = 'running')
       and not exists (select from states s where s.vector = v.key)
       and not exists (select from past_states p where p.vector = v.key)`,
    [],
  );
  return bodies;
}

async function removeFindings(session: Session, before: string | null): Promise<RetentionOutcome["findings"]> {
  if (before === null) return { findings: 0, events: 0, scans: 0 };
  const findings = await removed(session, "delete from findings where status = 'resolved' and resolved_at < $1", [
    before,
  ]);
  await removed(
    session,
    "delete from deliveries d where not exists (select from findings f where f.fingerprint = d.fingerprint)",
    [],
  );
  const events = await dropMonths(session, "finding_events", before);
  const scans = await removed(
    session,
    `delete from scans where coalesce(finished, started) < $1 and status <> 'running'
       and seq is distinct from (select max(seq) from scans)`,
    [before],
  );
  for (const [table, column] of [
    ["policy_sets", "policies"],
    ["place_sets", "places"],
  ] as const)
    await removed(
      session,
      `delete from ${table} t where not exists (select from scans s where s.${column} = t.digest)`,
      [],
    );
  return { findings, events, scans };
}

async function removed(session: Session, sql: string, params: readonly unknown[]): Promise<number> {
  const [row] = await session.query(`with gone as (${sql} returning 1) select count(*)::int as gone from gone`, params);
  return Number(row?.["gone"]);
}

/** Drops the partitions whose month is over before the time. Gives the number of rows that were in them. */
async function dropMonths(session: Session, parent: string, before: string): Promise<number> {
  const partitions = await session.query(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and c.relname ~ ($1 || '_[0-9]{6}$')
       and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= $2::timestamptz at time zone 'UTC'
     order by c.relname`,
    [parent, before],
  );
  let rows = 0;
  for (const { name } of partitions) {
    const [count] = await session.query(`select count(*)::int as rows from ${String(name)}`);
    rows += Number(count?.["rows"]);
    await session.script(`drop table ${String(name)}`);
  }
  return rows;
}

/** Bytes that each class takes on disk, indexes among them. */
export interface StoreSizes {
  readonly inventory: number;
  readonly findings: number;
  readonly scans: number;
  readonly audit: number;
  readonly waivers: number;
  readonly schedules: number;
}

const tablesOf: Readonly<Record<keyof StoreSizes, string>> = {
  inventory: "^(resources|states|past_states.*|bodies|vectors|places)$",
  findings: "^(findings|finding_events.*|deliveries.*)$",
  scans: "^(scans|scan_.*|policy_sets|place_sets)$",
  audit: "^audit_.*$",
  waivers: "^waiver.*$",
  schedules: "^schedule.*$",
};

export async function storeSizes(session: Session): Promise<StoreSizes> {
  const rows = await session.query(
    `select n.name, coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes
     from jsonb_each_text($1::jsonb) as n(name, tables)
     left join pg_class c on c.relname ~ n.tables and c.relkind = 'r' and pg_table_is_visible(c.oid)
     group by n.name`,
    [JSON.stringify(tablesOf)],
  );
  const bytes = new Map(rows.map((row) => [row["name"], Number(row["bytes"])]));
  const of = (name: keyof StoreSizes): number => bytes.get(name) ?? 0;
  return {
    ...{ inventory: of("inventory"), findings: of("findings"), scans: of("scans") },
    ...{ audit: of("audit"), waivers: of("waivers"), schedules: of("schedules") },
  };
}
