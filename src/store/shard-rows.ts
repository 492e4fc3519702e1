// Split scans as people look at them.
import { scanRequest } from "../scanning/scan-request.js";
import type { RequestedScan } from "../scanning/shards.js";
import type { Row, Session } from "./database.js";
import { instant } from "./findings.js";

export async function requestedScans(
  session: Session,
  scans: readonly string[],
): Promise<ReadonlyMap<string, RequestedScan>> {
  const rows = await session.query(
    `select q.id, q.state, q.request, q.policies, q.requested, q.ended, q.error, c.outcome, c.summary, c.problems, s.*
     from scan_requests q join scans c on c.id = q.id
     join lateral (
       select count(*) filter (where kind = 'read')::int as total,
         count(*) filter (where kind = 'read' and state = 'done')::int as done,
         count(*) filter (where kind = 'read' and state = 'failed')::int as failed,
         count(*) filter (where kind = 'read' and state = 'running')::int as running,
         count(*) filter (where state = 'running')::int as held,
         count(*) filter (where state = 'ready' and not_before <= clock_timestamp())::int as ready,
         coalesce(sum(resources) filter (where kind = 'read' and state = 'done'), 0)::int as resources,
         bool_and(state = 'done') filter (where kind = 'plan') as planned,
         bool_or(state in ('ready', 'running', 'done')) filter (where kind = 'merge') as merging
       from scan_shards where scan = q.id
     ) s on true
     where q.id in (select jsonb_array_elements_text($1::jsonb))`,
    [JSON.stringify(scans)],
  );
  return new Map(rows.map((row) => [row["id"] as string, requestedScanOf(row)]));
}

function requestedScanOf(row: Row): RequestedScan {
  const { id, state, policies, error, total, done, failed, running, resources } = row;
  const { outcome, summary, problems } = row;
  return {
    ...{ id, state, policies, error, outcome, summary, problems },
    request: scanRequest.parse(row["request"]),
    requestedAt: instant(row["requested"]),
    endedAt: row["ended"] === null ? null : instant(row["ended"]),
    shards: { total, done, failed, running, resources },
    phase: phaseOf(row),
    isUntaken: state === "open" && row["held"] === 0 && Number(row["ready"]) > 0,
  } as RequestedScan;
}

function phaseOf(row: Row): RequestedScan["phase"] {
  if (row["state"] !== "open") return "ended";
  if (row["merging"] === true) return "merging";
  return row["planned"] === true ? "reading" : "planning";
}
