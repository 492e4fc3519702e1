// What nobody does because its process is gone: leases that lapsed, hints that were lost, scans that took too long.
import type { AuditTrail } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Limits, ShardHint } from "../scanning/shards.js";
import type { Database, Session } from "./database.js";
import { endWithoutResult, failShards, holdRequest, type HeldRequest } from "./shard-end.js";

export interface Sweeping {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
  readonly limits: Limits;
}

/** Reports are for whoever waits for the scan; what they tell is kept as findings and history. */
const reportsKept = "7 days";
const requestsKept = "30 days";
const hintsAtOnce = 500;

export async function sweepShards(sweeping: Sweeping): Promise<void> {
  const { database } = sweeping;
  const late = await database.query(
    `select distinct q.id from scan_requests q join scan_shards s on s.scan = q.id
     where q.state = 'open' and (
       (s.state = 'running' and s.lease < clock_timestamp())
       or (q.deadline < clock_timestamp() and s.kind <> 'merge' and s.state not in ('done', 'failed')))`,
  );
  for (const { id } of late) await database.transaction((session) => sweepScan(session, String(id), sweeping));
  await prune(database);
}

async function sweepScan(session: Session, id: string, sweeping: Sweeping): Promise<void> {
  const scan = await holdRequest(session, id);
  if (scan === null) return;
  const over = (await failLapsed(session, scan, sweeping.limits)) ?? (await failLate(session, scan, sweeping.limits));
  if (over !== null) await endScanWithout(session, scan, { ...sweeping, error: over });
}

export function endScanWithout(
  session: Session,
  scan: HeldRequest,
  { audit, clock, error }: Pick<Sweeping, "audit" | "clock"> & { readonly error: string },
): Promise<void> {
  return endWithoutResult(session, scan, { state: "failed", error, audit, at: clock.now().toISOString() });
}

async function failLapsed(session: Session, scan: HeldRequest, { attempts }: Limits): Promise<string | null> {
  // What is locked is being written by its holder, who lives.
  const lapsed = await session.query(
    "select shard, worker from scan_shards where scan = $1 and state = 'running' and lease < clock_timestamp() for update skip locked",
    [scan.id],
  );
  for (const { shard, worker } of lapsed) {
    const error = `worker ${String(worker)} was not heard of in time`;
    // The next one waits for nothing: the lease was wait enough.
    const { over } = await failShards(session, scan, [String(shard)], { attempts, backoffMs: 0, error });
    if (over !== null) return over;
  }
  return null;
}

async function failLate(session: Session, scan: HeldRequest, limits: Limits): Promise<string | null> {
  const late = await session.query(
    `select s.shard from scan_shards s join scan_requests q on q.id = s.scan
     where s.scan = $1 and q.deadline < clock_timestamp() and s.kind <> 'merge' and s.state not in ('done', 'failed')
     for update of s`,
    [scan.id],
  );
  const shards = late.map(({ shard }) => String(shard));
  const error = "the time limit of the scan was reached";
  return (await failShards(session, scan, shards, { ...limits, error, isOver: true })).over;
}

export async function shardHints(database: Database, hintedBefore: number): Promise<readonly ShardHint[]> {
  const rows = await database.query(
    `with lost as (
       select s.scan, s.shard, q.policies from scan_shards s join scan_requests q on q.id = s.scan
       where s.state = 'ready' and q.state = 'open' and s.not_before <= clock_timestamp()
         and s.published < clock_timestamp() - $1 * interval '1 millisecond'
       order by s.not_before limit ${hintsAtOnce} for update of s skip locked
     )
     update scan_shards s set published = clock_timestamp() from lost
     where s.scan = lost.scan and s.shard = lost.shard returning s.scan, s.shard, lost.policies`,
    [hintedBefore],
  );
  return rows as unknown as ShardHint[];
}

async function prune(database: Database): Promise<void> {
  await database.query(
    `update scan_requests set report = null where report is not null and ended < clock_timestamp() - interval '${reportsKept}'`,
  );
  await database.query(`delete from scan_requests where ended < clock_timestamp() - interval '${requestsKept}'`);
}
