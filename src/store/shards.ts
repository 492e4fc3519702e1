// Split scans on a database. Times are the database's own: the clocks of workers may differ, or jump.
import { hostname } from "node:os";
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { scanRequest } from "../scanning/scan-request.js";
import { shardId, type ShardTarget } from "../scanning/shard-source.js";
import {
  defaultLimits,
  type ClaimedShard,
  type ClaimQuery,
  type Limits,
  type MergeInput,
  type NewScan,
  type RequestedScan,
  type ShardCounts,
  type ShardHint,
  type ShardStore,
} from "../scanning/shards.js";
import type { Actor } from "../identity.js";
import type { Database, Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { fencedDatabase } from "./fenced-database.js";
import { scanEvent } from "./scan-events.js";
import { resumeScan, type Recorded, type ScanRecording, type ScanStart } from "./scan-recording.js";
import { stagingTables } from "./scan-writes.js";
import { callerOf, endWithoutResult, failShards, holdRequest, openMerge } from "./shard-end.js";
import { requestedScans } from "./shard-rows.js";
import { endScanWithout, shardHints, sweepShards } from "./shard-sweep.js";
import { storable } from "./storable.js";

/** `recorded`: how scans are recorded here; merges are. */
export function createShards(recorded: Recorded, limits: Partial<Limits> = {}): ShardStore {
  return new DatabaseShards(recorded, { ...defaultLimits, ...limits });
}

const planShard = "plan";
/** Sorted last, after every provider's. */
const mergeShard = "~merge";
const insertedAtOnce = 1_000;
const chunksAtOnce = 8;

class DatabaseShards implements ShardStore {
  readonly limits: Limits;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #audit: AuditTrail;
  readonly #recorded: Recorded;

  constructor(recorded: Recorded, limits: Limits) {
    this.#database = recorded.database;
    this.#clock = recorded.clock;
    this.#audit = recorded.audit;
    this.#recorded = recorded;
    this.limits = limits;
  }

  async request({ id: given, request, policies, version, schedule, actor, timeLimitMs }: NewScan): Promise<string> {
    const id = given ?? this.#clock.newId();
    const at = this.#clock.now().toISOString();
    const by = await this.#callerFor(actor);
    const targets = storable(request.providers);
    await this.#database.transaction(async (session) => {
      await session.query(
        "insert into scans (id, started, status, targets, schedule, version) values ($1, $2, 'running', $3::jsonb, $4, $5)",
        [id, at, JSON.stringify(targets), schedule, version],
      );
      await session.query(
        `insert into scan_requests (id, state, request, policies, actor, deadline)
         values ($1, 'open', $2::jsonb, $3, $4::jsonb, clock_timestamp() + $5 * interval '1 millisecond')`,
        [
          id,
          JSON.stringify(storable(request)),
          policies,
          JSON.stringify({ ...by.actor, origin: by.origin }),
          timeLimitMs,
        ],
      );
      await session.query("insert into scan_shards (scan, shard, kind, state) values ($1, $2, 'plan', 'ready')", [
        id,
        planShard,
      ]);
      await this.#audit.appendIn(session, [scanEvent("scan.started", { id, at, by }, { targets, schedule, version })]);
    });
    return id;
  }

  async #callerFor(actor: Actor | null): Promise<Caller> {
    return actor === null ? this.#audit.caller() : { actor, origin: hostname() };
  }

  claim(query: ClaimQuery): Promise<ClaimedShard | null> {
    const { worker, policies, kinds, hint, hintedBefore = 0 } = query;
    return this.#database.transaction(async (session) => {
      const [row] = await session.query(
        `select s.scan, s.shard, s.kind, s.target, q.request, q.actor, q.requested
         from scan_shards s join scan_requests q on q.id = s.scan
         where s.state = 'ready' and q.state = 'open' and q.policies = $1 and s.not_before <= clock_timestamp()
           and s.kind in (select jsonb_array_elements_text($2::jsonb))
           and ($3::text is null or (s.scan = $3 and s.shard = $4))
           and ($3::text is not null or s.published < clock_timestamp() - $5 * interval '1 millisecond')
         order by s.not_before, s.shard limit 1 for update of s skip locked`,
        [policies, JSON.stringify(kinds), hint?.scan ?? null, hint?.shard ?? null, hintedBefore],
      );
      if (row === undefined) return null;
      const [claimed] = await session.query(
        `update scan_shards set state = 'running', attempt = attempt + 1, worker = $3, started = clock_timestamp(),
           lease = clock_timestamp() + $4 * interval '1 millisecond'
         where scan = $1 and shard = $2 returning attempt`,
        [row["scan"], row["shard"], worker, this.limits.leaseMs],
      );
      return claimOf(row, Number(claimed?.["attempt"]));
    });
  }

  async isReady({ scan, shard }: Pick<ShardHint, "scan" | "shard">): Promise<boolean> {
    const rows = await this.#database.query(
      `select 1 from scan_shards s join scan_requests q on q.id = s.scan
       where s.scan = $1 and s.shard = $2 and s.state = 'ready' and q.state = 'open' and s.not_before <= clock_timestamp()`,
      [scan, shard],
    );
    return rows.length === 1;
  }

  async renew({ scan, shard, attempt }: ClaimedShard): Promise<boolean> {
    const rows = await this.#database.query(
      `update scan_shards set lease = clock_timestamp() + $4 * interval '1 millisecond'
       where scan = $1 and shard = $2 and attempt = $3 and state = 'running' returning 1`,
      [scan, shard, attempt, this.limits.leaseMs],
    );
    return rows.length === 1;
  }

  async stage(claim: ClaimedShard, seq: number, body: Uint8Array): Promise<void> {
    const { scan, shard, attempt } = claim;
    await fencedDatabase(this.#database, claim).query(
      "insert into scan_chunks (scan, shard, attempt, seq, body) values ($1, $2, $3, $4, $5) on conflict do nothing",
      [scan, shard, attempt, seq, body],
    );
  }

  planned(claim: ClaimedShard, targets: readonly ShardTarget[], counts: ShardCounts): Promise<boolean> {
    return this.#end(claim, counts, async (session) => {
      for (let from = 0; from < targets.length; from += insertedAtOnce) {
        const rows = targets.slice(from, from + insertedAtOnce).map((target) => ({ shard: shardId(target), target }));
        await session.query(
          `insert into scan_shards (scan, shard, kind, target, state, published)
           select $1, shard, 'read', target, 'ready', '-infinity' from jsonb_to_recordset($2::jsonb) as r(shard text, target jsonb)`,
          [claim.scan, JSON.stringify(rows)],
        );
      }
      await session.query("insert into scan_shards (scan, shard, kind, state) values ($1, $2, 'merge', 'waiting')", [
        claim.scan,
        mergeShard,
      ]);
    });
  }

  done(claim: ClaimedShard, counts: ShardCounts): Promise<boolean> {
    return this.#end(claim, counts, () => Promise.resolve());
  }

  #end(claim: ClaimedShard, counts: ShardCounts, then: (session: Session) => Promise<void>): Promise<boolean> {
    const { scan, shard, attempt } = claim;
    return this.#database.transaction(async (session) => {
      const request = await holdRequest(session, scan);
      if (request === null) return false;
      const rows = await session.query(
        `update scan_shards set state = 'done', lease = null, finished = clock_timestamp(), error = null,
           resources = $4, verdicts = $5, chunks = $6
         where scan = $1 and shard = $2 and attempt = $3 and state = 'running' returning 1`,
        [scan, shard, attempt, counts.resources, counts.verdicts, counts.chunks],
      );
      if (rows.length === 0) return isDone(session, claim);
      await session.query("delete from scan_chunks where scan = $1 and shard = $2 and attempt <> $3", [
        scan,
        shard,
        attempt,
      ]);
      await then(session);
      await openMerge(session, scan);
      return true;
    });
  }

  failed(claim: ClaimedShard, error: string, { isOver } = { isOver: false }): Promise<void> {
    return this.#database.transaction(async (session) => {
      const request = await holdRequest(session, claim.scan);
      if (request === null || !(await isHeld(session, claim))) return;
      const { over } = await failShards(session, request, [claim.shard], { ...this.limits, error, isOver });
      if (over !== null)
        await endScanWithout(session, request, { audit: this.#audit, clock: this.#clock, error: over });
    });
  }

  async handBack({ scan, shard, attempt }: ClaimedShard): Promise<void> {
    await this.#database.query(
      `update scan_shards set state = 'ready', lease = null, not_before = clock_timestamp(), published = '-infinity'
       where scan = $1 and shard = $2 and attempt = $3 and state = 'running'`,
      [scan, shard, attempt],
    );
  }

  sweep(): Promise<void> {
    const { limits } = this;
    return sweepShards({ database: this.#database, clock: this.#clock, audit: this.#audit, limits });
  }

  hints(hintedBefore: number): Promise<readonly ShardHint[]> {
    return shardHints(this.#database, hintedBefore);
  }

  async mergeInput(claim: ClaimedShard): Promise<MergeInput> {
    const rows = await this.#database.query(
      "select shard, state, target, attempt, error, resources, verdicts, chunks from scan_shards where scan = $1 and kind <> 'merge'",
      [claim.scan],
    );
    const done = rows.filter((row) => row["state"] === "done");
    const failed = rows.filter((row) => row["state"] === "failed");
    if (done.length + failed.length !== rows.length) throw new Error("the merge began before every shard had ended");
    const sum = (column: string): number => done.reduce((total, row) => total + Number(row[column]), 0);
    return {
      chunks: this.#chunks(claim.scan),
      expected: { resources: sum("resources"), verdicts: sum("verdicts"), chunks: sum("chunks") },
      failed: failed.map(({ target, attempt, error }) => ({
        target: target as ShardTarget,
        attempts: Number(attempt),
        error: String(error),
      })),
    };
  }

  async *#chunks(scan: string): AsyncGenerator<Uint8Array> {
    let after: readonly [string, number] = ["", -1];
    for (;;) {
      const rows = await this.#database.query(
        `select c.shard, c.seq, c.body from scan_chunks c
         join scan_shards s on s.scan = c.scan and s.shard = c.shard and s.attempt = c.attempt and s.state = 'done'
         where c.scan = $1 and (c.shard, c.seq) > ($2, $3) order by c.shard, c.seq limit ${chunksAtOnce}`,
        [scan, ...after],
      );
      for (const row of rows) yield row["body"] as Uint8Array;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = [String(last["shard"]), Number(last["seq"])];
    }
  }

  async resume(claim: ClaimedShard, start: ScanStart): Promise<ScanRecording> {
    const fenced = fencedDatabase(this.#database, claim);
    await fenced.transaction(async (session) => {
      for (const table of stagingTables) await session.query(`delete from ${table} where scan = $1`, [claim.scan]);
    });
    const by = { actor: claim.actor, origin: claim.origin };
    return resumeScan({ ...this.#recorded, database: fenced }, { ...start, id: claim.scan, by });
  }

  async isMerged(scan: string): Promise<boolean> {
    const rows = await this.#database.query("select 1 from scans where id = $1 and status = 'finished'", [scan]);
    return rows.length === 1;
  }

  async keepReport(claim: ClaimedShard, body: Uint8Array): Promise<void> {
    await fencedDatabase(this.#database, claim).query("update scan_requests set report = $2 where id = $1", [
      claim.scan,
      body,
    ]);
  }

  async report(scan: string): Promise<Uint8Array | null> {
    const [row] = await this.#database.query("select report from scan_requests where id = $1", [scan]);
    return (row?.["report"] ?? null) as Uint8Array | null;
  }

  finished(claim: ClaimedShard): Promise<boolean> {
    const { scan, shard, attempt } = claim;
    return this.#database.transaction(async (session) => {
      if ((await holdRequest(session, scan)) === null) return isDone(session, claim);
      const rows = await session.query(
        `update scan_shards set state = 'done', lease = null, finished = clock_timestamp(), error = null
         where scan = $1 and shard = $2 and attempt = $3 and state = 'running' returning 1`,
        [scan, shard, attempt],
      );
      if (rows.length === 0) return false;
      await session.query("update scan_requests set state = 'finished', ended = clock_timestamp() where id = $1", [
        scan,
      ]);
      await session.query("delete from scan_chunks where scan = $1", [scan]);
      return true;
    });
  }

  async cancel(scan: string, actor: Actor | null): Promise<boolean> {
    const by = await this.#callerFor(actor);
    return this.#database.transaction(async (session) => {
      const request = await holdRequest(session, scan);
      // What was merged has ended, though its request does not say so yet.
      if (request === null || (await this.#isMergedIn(session, scan))) return false;
      const at = this.#clock.now().toISOString();
      await endWithoutResult(session, request, { state: "cancelled", error: null, audit: this.#audit, at, by });
      return true;
    });
  }

  async #isMergedIn(session: Session, scan: string): Promise<boolean> {
    const [row] = await session.query("select status from scans where id = $1 for update", [scan]);
    return row?.["status"] !== "running";
  }

  async get(scan: string): Promise<RequestedScan | null> {
    return (await requestedScans(this.#database, [scan])).get(scan) ?? null;
  }

  list(scans: readonly string[]): Promise<ReadonlyMap<string, RequestedScan>> {
    return requestedScans(this.#database, scans);
  }

  async depth(): Promise<number> {
    const [row] = await this.#database.query(
      "select count(*)::int as waiting from scan_shards s join scan_requests q on q.id = s.scan where s.state = 'ready' and q.state = 'open'",
    );
    return Number(row?.["waiting"] ?? 0);
  }
}

function claimOf(row: Row, attempt: number): ClaimedShard {
  const { scan, shard, kind, target } = row;
  const { actor, origin } = callerOf(row);
  const [request, requestedAt] = [scanRequest.parse(row["request"]), instant(row["requested"])];
  return { scan, shard, kind, target, attempt, actor, origin, request, requestedAt } as ClaimedShard;
}

async function isHeld(session: Session, { scan, shard, attempt }: ClaimedShard): Promise<boolean> {
  const rows = await session.query(
    "select 1 from scan_shards where scan = $1 and shard = $2 and attempt = $3 and state = 'running' for update",
    [scan, shard, attempt],
  );
  return rows.length === 1;
}

/** The answer to an ending that was kept may have been lost with its connection. */
async function isDone(session: Session, { scan, shard, attempt }: ClaimedShard): Promise<boolean> {
  const rows = await session.query(
    "select 1 from scan_shards where scan = $1 and shard = $2 and attempt = $3 and state = 'done'",
    [scan, shard, attempt],
  );
  return rows.length === 1;
}
