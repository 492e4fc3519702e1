// The end of a scan: what it saw becomes the state of resources, verdicts and findings.
import { PortcullisError } from "../errors.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Summary } from "../report.js";
import type { Session } from "./database.js";
import { storable } from "./storable.js";

export interface ScanOutcome {
  readonly opened: number;
  readonly reopened: number;
  readonly resolved: number;
  /** All that are open now, also of what this scan did not look at. */
  readonly open: number;
}

export interface EndedScan {
  readonly id: string;
  readonly at: string;
  readonly complete: boolean;
  /** How many rows were written: fewer in the database means that something was lost, and nothing may be concluded. */
  readonly expected: { readonly resources: number; readonly verdicts: number };
  readonly summary: Summary;
  readonly problems: readonly ScanProblem[];
}

/** Two scans that end together are merged one after the other. */
const advisoryLock = 7_067_264;

/**
 * Must be called in a transaction. `fail` and `unknown` verdicts open a finding, or reopen one that was resolved.
 *
 * An open finding is resolved only when what it is about was looked at in this scan, that is, when
 * (a) its resource was seen and its policy reached `pass`, `fail`, `waived` or `not-applicable` on it, and the same
 *     fingerprint was not reported; `error` and `unknown` verdicts are doubts and resolve nothing; or
 * (b) its resource is gone: it was not seen, while other resources of the same provider, account and region were, and no
 *     problem hides its type, or everything, there. A problem without an account or a region is one everywhere. Where the
 *     scan was not a complete one, one of those other resources must be of the same type.
 * So a scan of another provider, account or region, or a scan that was refused, touches nothing of it.
 */
export async function mergeScan(session: Session, scan: EndedScan): Promise<ScanOutcome> {
  await session.query("select pg_advisory_xact_lock($1::bigint)", [advisoryLock]);
  await endScan(session, scan);
  await mergeResources(session, scan);
  await mergeVerdicts(session, scan);
  const counts = await openFindings(session, scan);
  const resolved = (await resolveSeen(session, scan)) + (await resolveGone(session, scan));
  await session.query("delete from scan_resources where scan = $1", [scan.id]);
  await session.query("delete from scan_verdicts where scan = $1", [scan.id]);
  const [row] = await session.query("select count(*)::int as open from findings where status = 'open'");
  return { ...counts, resolved, open: Number(row?.["open"]) };
}

async function endScan(session: Session, { id, at, expected, summary, problems }: EndedScan): Promise<void> {
  const ended = await session.query(
    `update scans set status = 'finished', finished = $2, summary = $3::jsonb, problems = $4::jsonb
     where id = $1 and status = 'running' returning id`,
    [id, at, JSON.stringify(summary), JSON.stringify(storable(problems))],
  );
  const [row] = await session.query(
    `select (select count(*) from scan_resources where scan = $1)::int as resources,
            (select count(*) from scan_verdicts where scan = $1)::int as verdicts`,
    [id],
  );
  if (ended.length === 1 && row?.["resources"] === expected.resources && row["verdicts"] === expected.verdicts) return;
  throw new PortcullisError(
    "store-unavailable",
    `scan ${id} was ended by another process, or lost what it had written; nothing of it was kept: scan again`,
  );
}

/** The last one of an id counts. A config whose hash is the one that is kept is not written again. */
async function mergeResources(session: Session, { id, at }: EndedScan): Promise<void> {
  const latest = `select distinct on (id) * from scan_resources where scan = $1 order by id, seq desc`;
  await session.query(
    `update resources r set provider = s.provider, type = s.type, name = s.name, account = s.account, region = s.region,
       tags = s.tags, last_seen = $2, last_scan = $1,
       config = case when s.config_changed then s.config else r.config end,
       content_hash = case when s.config_changed then s.content_hash else r.content_hash end
     from (${latest}) s where r.id = s.id`,
    [id, at],
  );
  await session.query(
    `insert into resources
       (id, provider, type, name, account, region, tags, config, content_hash, first_seen, last_seen, last_scan)
     select id, provider, type, name, account, region, tags, config, content_hash, $2::timestamptz, $2::timestamptz, $1
     from (${latest}) s where not exists (select from resources r where r.id = s.id)`,
    [id, at],
  );
}

/** Of several verdicts of a policy on a resource the worst counts. */
async function mergeVerdicts(session: Session, { id }: EndedScan): Promise<void> {
  await session.query(
    `insert into verdicts (policy, resource, verdict, scan)
     select distinct on (v.policy, v.resource) v.policy, v.resource, v.verdict, $1
     from scan_verdicts v join resources r on r.id = v.resource
     where v.scan = $1
     order by v.policy, v.resource,
       array_position(array['fail', 'error', 'unknown', 'waived', 'pass', 'not-applicable'], v.verdict)
     on conflict (policy, resource) do update set verdict = excluded.verdict, scan = excluded.scan`,
    [id],
  );
}

async function openFindings(
  session: Session,
  { id, at }: EndedScan,
): Promise<{ readonly opened: number; readonly reopened: number }> {
  const [row] = await session.query(
    `select count(*) filter (where f.fingerprint is null)::int as opened,
            count(*) filter (where f.status = 'resolved')::int as reopened
     from (select distinct fingerprint from scan_verdicts where scan = $1 and verdict in ('fail', 'unknown')) v
     left join findings f on f.fingerprint = v.fingerprint`,
    [id],
  );
  await session.query(
    `insert into findings as f
       (fingerprint, policy, severity, severity_rank, title, resource, provider, type, name, account, region, message, path,
        reasons, location, verdict, status, first_seen, last_seen, last_scan)
     select distinct on (fingerprint) fingerprint, policy, severity, severity_rank, title, resource, provider, type, name,
       account, region, message, path, reasons, location, verdict, 'open', $2::timestamptz, $2::timestamptz, $1
     from scan_verdicts where scan = $1 and verdict in ('fail', 'unknown')
     order by fingerprint, verdict, seq
     on conflict (fingerprint) do update set
       policy = excluded.policy, severity = excluded.severity, severity_rank = excluded.severity_rank,
       title = excluded.title, resource = excluded.resource, provider = excluded.provider, type = excluded.type,
       name = excluded.name, account = excluded.account, region = excluded.region, message = excluded.message,
       path = excluded.path, reasons = excluded.reasons, location = excluded.location, verdict = excluded.verdict,
       status = 'open', last_seen = excluded.last_seen, resolved_at = null, last_scan = excluded.last_scan,
       reopened = f.reopened + case f.status when 'resolved' then 1 else 0 end`,
    [id, at],
  );
  return { opened: Number(row?.["opened"]), reopened: Number(row?.["reopened"]) };
}

const seenHere = "exists (select from scan_resources r where r.scan = $1 and r.id = f.resource)";

/** Rule (a). What this scan reported has `last_scan` of this scan. */
async function resolveSeen(session: Session, { id, at }: EndedScan): Promise<number> {
  const rows = await session.query(
    `update findings f set status = 'resolved', resolved_at = $2, last_scan = $1
     where f.status = 'open' and f.last_scan <> $1 and ${seenHere}
       and exists (select from scan_verdicts v where v.scan = $1 and v.policy = f.policy and v.resource = f.resource)
       and not exists (select from scan_verdicts v where v.scan = $1 and v.policy = f.policy and v.resource = f.resource
         and v.verdict in ('error', 'unknown'))
     returning f.fingerprint`,
    [id, at],
  );
  return rows.length;
}

/** Rule (b). */
async function resolveGone(session: Session, { id, at, complete, problems }: EndedScan): Promise<number> {
  const hiding = problems.map(({ hides, account, region }) => ({ hides, account, region }));
  const rows = await session.query(
    `with places as (
       select distinct provider, account, region, case when $3::boolean then null else type end as type
       from scan_resources where scan = $1
     ), problems as (
       select hides, account, region
       from jsonb_to_recordset($4::jsonb) as p(hides jsonb, account text, region text)
     )
     update findings f set status = 'resolved', resolved_at = $2, last_scan = $1
     where f.status = 'open' and f.last_scan <> $1 and not ${seenHere}
       and exists (select from places p where p.provider = f.provider and p.account is not distinct from f.account
         and p.region is not distinct from f.region and (p.type is null or p.type = f.type))
       and not exists (select from problems p where (p.hides = '[]' or p.hides @> to_jsonb(f.type))
         and (p.account is null or f.account is null or p.account = f.account)
         and (p.region is null or f.region is null or p.region = f.region))
     returning f.fingerprint`,
    [id, at, complete, JSON.stringify(storable(hiding))],
  );
  return rows.length;
}
