// What a scan reported becomes the state of findings, and events of their history.
import type { Session } from "./database.js";
import type { MergedScan, ScanOutcome } from "./merge-scan.js";
import { isHidden } from "./merge-states.js";

/**
 * After `mergeStates`, in the same transaction. Leaves the table `scan_changes` for who tells others; `quiet`: who is not told of
 * what is waived knows of it what there is to know.
 */
export async function mergeFindings(session: Session, scan: MergedScan): Promise<Omit<ScanOutcome, "open">> {
  await session.script(
    `create temporary table scan_changes (
       n bigint generated always as identity primary key, fingerprint text, kind text, quiet boolean
     ) on commit drop`,
  );
  const counts = await noteReported(session, scan);
  await keepReported(session, scan);
  const resolved = (await resolveSeen(session, scan)) + (await resolveGone(session, scan));
  return { ...counts, resolved };
}

/** Of several verdicts with one fingerprint the worst counts. */
const reported = `(select distinct on (fingerprint) * from scan_verdicts
   where scan = $1 and verdict in ('fail', 'unknown', 'waived')
   order by fingerprint, array_position(array['fail', 'unknown', 'waived'], verdict), seq)`;

async function noteReported(
  session: Session,
  { id, at }: MergedScan,
): Promise<{ readonly opened: number; readonly reopened: number }> {
  const [row] = await session.query(
    `with now as (
       select v.*, f.status as before from ${reported} v left join findings f on f.fingerprint = v.fingerprint
     ), events as (
       select *, case when before is null then 'opened' else 'reopened' end as kind
       from now where before is null or before = 'resolved'
       union all
       select *, 'waived' from now where verdict = 'waived' and before is distinct from 'waived'
       union all
       select *, 'waiver-ended' from now where verdict <> 'waived' and before = 'waived'
     ), kept as (
       insert into finding_events (at, fingerprint, kind, scan, policy, resource, severity, waiver)
       select $2::timestamptz, fingerprint, kind, $1, policy, resource, severity,
         case kind when 'waived' then waiver ->> 'id' end
       from events
     ), told as (
       insert into scan_changes (fingerprint, kind, quiet)
       select fingerprint, kind, case kind when 'waived' then before is distinct from 'open' else verdict = 'waived' end
       from events order by fingerprint, kind = 'waived'
     )
     select count(*) filter (where kind = 'opened')::int as opened,
            count(*) filter (where kind = 'reopened')::int as reopened
     from events`,
    [id, at],
  );
  return { opened: Number(row?.["opened"]), reopened: Number(row?.["reopened"]) };
}

async function keepReported(session: Session, { id, at }: MergedScan): Promise<void> {
  await session.query(
    `insert into findings as f
       (fingerprint, policy, severity, severity_rank, title, resource, provider, type, name, account, region, owner,
        message, path, reasons, location, controls, remediation, waiver, verdict, status, first_seen, last_seen, last_scan)
     select fingerprint, policy, severity, severity_rank, title, resource, provider, type, name, account, region, owner,
       message, path, reasons, location, controls, remediation, waiver, would,
       case verdict when 'waived' then 'waived' else 'open' end, $2::timestamptz, $2::timestamptz, $1
     from ${reported} v
     on conflict (fingerprint) do update set
       policy = excluded.policy, severity = excluded.severity, severity_rank = excluded.severity_rank,
       title = excluded.title, resource = excluded.resource, provider = excluded.provider, type = excluded.type,
       name = excluded.name, account = excluded.account, region = excluded.region, owner = excluded.owner,
       message = excluded.message, path = excluded.path, reasons = excluded.reasons, location = excluded.location,
       controls = excluded.controls, remediation = excluded.remediation, waiver = excluded.waiver,
       verdict = excluded.verdict, status = excluded.status, last_seen = excluded.last_seen, resolved_at = null,
       last_scan = excluded.last_scan, reopened = f.reopened + case f.status when 'resolved' then 1 else 0 end`,
    [id, at],
  );
}

const isSeen = "exists (select from scan_seen n join resources r on r.key = n.key where r.id = f.resource)";

/** Resolves what `condition` says of the findings that this scan did not report, and keeps the event of each. */
async function resolve(session: Session, { id, at }: MergedScan, rule: Rule): Promise<number> {
  const [row] = await session.query(
    `with resolved as (
       update findings f set status = 'resolved', resolved_at = $2, last_scan = $1, waiver = null
       from findings old
       where old.fingerprint = f.fingerprint and f.status <> 'resolved' and f.last_scan <> $1 and ${rule.condition}
       returning f.*, old.status as before
     ), told as (
       insert into scan_changes (fingerprint, kind, quiet)
       select fingerprint, 'resolved', before = 'waived' from resolved order by fingerprint
     ), kept as (
       insert into finding_events (at, fingerprint, kind, scan, policy, resource, severity)
       select $2::timestamptz, fingerprint, 'resolved', $1, policy, resource, severity from resolved
     )
     select count(*)::int as resolved from resolved`,
    [id, at, ...rule.params],
  );
  return Number(row?.["resolved"]);
}

interface Rule {
  readonly condition: string;
  readonly params: readonly unknown[];
}

/** Rule (a). What this scan reported has `last_scan` of this scan. */
function resolveSeen(session: Session, scan: MergedScan): Promise<number> {
  return resolve(session, scan, {
    condition: `f.policy in (select jsonb_array_elements_text($3::jsonb))
      and exists (select from resources r join scan_seen n on n.key = r.key join vectors v on v.key = n.vector
        where r.id = f.resource and v.verdicts ? f.policy)
      and not exists (select from scan_verdicts v where v.scan = $1 and v.policy = f.policy and v.resource = f.resource
        and (v.verdict = 'error' or v.would = 'unknown'))`,
    params: [JSON.stringify(scan.ran)],
  });
}

/** Rule (b). */
function resolveGone(session: Session, scan: MergedScan): Promise<number> {
  return resolve(session, scan, {
    condition: `not ${isSeen}
      and exists (select from scan_places p where p.provider = f.provider and p.account is not distinct from f.account
        and p.region is not distinct from f.region and (p.type is null or p.type = f.type))
      and not ${isHidden("$3", "f")}`,
    params: [scan.hiding],
  });
}
