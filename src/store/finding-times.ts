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

export async function timesToResolve(session: Session, { from, to }: Period): Promise<readonly TimeToResolve[]> {
  const rows = await session.query(
    `with spans as (
       select fingerprint, severity, kind, at, lead(at) over of_finding as until, lead(kind) over of_finding as next
       from finding_events where kind in ('opened', 'reopened', 'resolved') and at < $2
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
