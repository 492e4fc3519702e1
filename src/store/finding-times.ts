// How long findings stay open: by severity, over a period.
import { severities, type Severity } from "../engine/policy.js";
import type { Session } from "./database.js";
import type { Period } from "./history.js";

export interface TimeToResolve {
  readonly severity: Severity;
  /** In the period. */
  readonly opened: number;
  readonly resolved: number;
  /** From when it was opened, or reopened, to when it was resolved, in seconds; of those resolved in the period. Null of none. */
  readonly median: number | null;
  readonly p90: number | null;
  readonly longest: number | null;
  /** At the end of the period, those that are waived among them; and the age of the oldest in seconds. */
  readonly unresolved: number;
  readonly oldest: number | null;
}

/**
 * Findings outlive what retention drops of their events, which is the oldest months: one whose opening is gone was opened when
 * it was first seen. One that begins with a reopening was resolved before that.
 */
const forgotten = `select f.fingerprint, f.severity, 'opened', f.first_seen from findings f
  where f.first_seen < $2 and f.first_seen < (select coalesce(min(at), 'infinity') from finding_events)
    and coalesce((select e.kind from finding_events e
      where e.fingerprint = f.fingerprint and e.kind in ('opened', 'reopened', 'resolved')
      order by e.at, e.kind limit 1), case when f.status <> 'resolved' then 'resolved' end) = 'resolved'`;

export async function timesToResolve(session: Session, { from, to }: Period): Promise<readonly TimeToResolve[]> {
  const rows = await session.query(
    `with events as (
       select fingerprint, severity, kind, at from finding_events
       where kind in ('opened', 'reopened', 'resolved') and at < $2
       union all ${forgotten}
     ), spans as (
       select fingerprint, severity, kind, at, lead(at) over of_finding as until, lead(kind) over of_finding as next
       from events
       window of_finding as (partition by fingerprint order by at, kind)
     ), opened as (
       select severity, at, case when next = 'resolved' then until end as until,
         extract(epoch from until - at)::float8 as seconds
       from spans where kind <> 'resolved'
     )
     select severity,
       count(*) filter (where at >= $1)::int as opened,
       count(*) filter (where until >= $1)::int as resolved,
       percentile_cont(0.5) within group (order by seconds) filter (where until >= $1) as median,
       percentile_cont(0.9) within group (order by seconds) filter (where until >= $1) as p90,
       max(seconds) filter (where until >= $1) as longest,
       count(*) filter (where until is null)::int as unresolved,
       max(extract(epoch from $2::timestamptz - at)::float8) filter (where until is null) as oldest
     from opened group by severity`,
    [from, to],
  );
  const bySeverity = new Map(rows.map((row) => [row["severity"], row]));
  return severities.map((severity) => {
    const row = bySeverity.get(severity);
    const number = (name: string): number => Number(row?.[name] ?? 0);
    const seconds = (name: string): number | null => (row?.[name] == null ? null : Math.round(Number(row[name])));
    return {
      ...{ severity, opened: number("opened"), resolved: number("resolved"), unresolved: number("unresolved") },
      ...{ median: seconds("median"), p90: seconds("p90"), longest: seconds("longest"), oldest: seconds("oldest") },
    };
  });
}
