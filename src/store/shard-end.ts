// How shards and their scans end. Every ending holds the row of the scan's request first, so that two shards that end together
// do so one after the other, and the last one sees that it is.
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Actor } from "../identity.js";
import { stagingTables } from "./scan-writes.js";
import { scanEvent } from "./scan-events.js";
import type { Row, Session } from "./database.js";
import { storableText } from "./storable.js";

export interface HeldRequest {
  readonly id: string;
  readonly by: Caller;
}

/** The request, held until the transaction ends; null when it has ended. */
export async function holdRequest(session: Session, scan: string): Promise<HeldRequest | null> {
  const [row] = await session.query("select id, state, actor from scan_requests where id = $1 for update", [scan]);
  if (row?.["state"] !== "open") return null;
  return { id: scan, by: callerOf(row) };
}

export function callerOf(row: Row): Caller {
  const { name, source, origin } = row["actor"] as Actor & { origin: string };
  return { actor: { name, source }, origin };
}

/** When nothing is left to read, the merge can be taken. */
export async function openMerge(session: Session, scan: string): Promise<void> {
  await session.query(
    `update scan_shards m set state = 'ready', not_before = clock_timestamp(), published = '-infinity'
     where m.scan = $1 and m.kind = 'merge' and m.state = 'waiting'
       and not exists (select from scan_shards s where s.scan = $1 and s.kind <> 'merge' and s.state not in ('done', 'failed'))`,
    [scan],
  );
}

export interface Failing {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly error: string;
  /** No more attempts. */
  readonly isOver?: boolean;
}

/** One more failure of each of the shards; without one that plans or merges there is no scan. */
export async function failShards(session: Session, scan: HeldRequest, shards: readonly string[], failing: Failing) {
  if (shards.length === 0) return { over: null };
  const { attempts, backoffMs, isOver = false } = failing;
  const error = storableText(failing.error).slice(0, 1_000);
  const rows = await session.query(
    `update scan_shards set failures = failures + 1, lease = null, error = $3,
       state = case when $4::boolean or failures + 1 >= $5 then 'failed' else 'ready' end,
       finished = case when $4::boolean or failures + 1 >= $5 then clock_timestamp() end,
       not_before = clock_timestamp() + least($6 * power(2, failures), 60000) * interval '1 millisecond',
       published = '-infinity'
     where scan = $1 and shard in (select jsonb_array_elements_text($2::jsonb)) and state <> 'done'
     returning shard, kind, state`,
    [scan.id, JSON.stringify(shards), error, isOver, attempts, backoffMs],
  );
  const failed = rows.filter((row) => row["state"] === "failed");
  for (const { shard } of failed)
    await session.query("delete from scan_chunks where scan = $1 and shard = $2", [scan.id, shard]);
  const over = failed.find((row) => row["kind"] !== "read");
  if (over === undefined) await openMerge(session, scan.id);
  return { over: over === undefined ? null : `${String(over["shard"])} failed: ${error}` };
}

export interface Ending {
  readonly state: "failed" | "cancelled";
  readonly error: string | null;
  readonly audit: Pick<AuditTrail, "appendIn">;
  readonly at: string;
  readonly by?: Caller;
}

/** The scan ends without a result, and leaves everything as it was. */
export async function endWithoutResult(session: Session, scan: HeldRequest, ending: Ending): Promise<void> {
  const { state, error, audit, at, by = scan.by } = ending;
  await session.query("update scan_requests set state = $2, error = $3, ended = clock_timestamp() where id = $1", [
    scan.id,
    state,
    error,
  ]);
  await session.query(
    "update scan_shards set state = 'failed', lease = null where scan = $1 and state not in ('done', 'failed')",
    [scan.id],
  );
  await session.query("delete from scan_chunks where scan = $1", [scan.id]);
  for (const table of stagingTables) await session.query(`delete from ${table} where scan = $1`, [scan.id]);
  await session.query("update scans set status = 'aborted' where id = $1 and status = 'running'", [scan.id]);
  await audit.appendIn(session, [scanEvent("scan.aborted", { id: scan.id, at, by }, { state, error })]);
}
