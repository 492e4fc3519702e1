// How the store stands, in a few numbers, for whoever watches the service. Every query is bounded by an index or a limit.
import type { Clock } from "../clock.js";
import type { Session } from "./database.js";

export interface StoreGauges {
  /** Seconds since the last scan that finished, by provider; one that was never scanned is absent. */
  readonly scanAge: ReadonlyMap<string, number>;
  /** Of the last finished scan of each set of targets: verdicts by kind. */
  readonly lastScans: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Findings that are open, by severity. */
  readonly openFindings: ReadonlyMap<string, number>;
  /** What waits, by queue. Counted up to `mostCounted`. */
  readonly queues: ReadonlyMap<string, number>;
}

export const mostCounted = 100_000;

/** What waits in each queue, as the condition of a count. */
const queues: Readonly<Record<string, string>> = {
  outbox: "outbox",
  parked: "outbox_parked",
  alerts: "alert_messages where status = 'pending'",
  shards: "scan_shards where state in ('ready', 'running')",
  "dead-letters": "dead_letters where replayed is null",
};

export async function storeGauges(session: Session, clock: Clock): Promise<StoreGauges> {
  const scans = await latestScans(session);
  const now = clock.now().getTime();
  const scanAge = new Map<string, number>();
  const lastScans = new Map<string, ReadonlyMap<string, number>>();
  for (const { targets, finished, summary } of scans) {
    const age = Math.max(0, (now - finished.getTime()) / 1_000);
    for (const target of targets) scanAge.set(target, Math.min(age, scanAge.get(target) ?? Infinity));
    lastScans.set(targets.join(","), verdictsOf(summary));
  }
  return { scanAge, lastScans, openFindings: await openFindings(session), queues: await depths(session) };
}

interface LatestScan {
  readonly targets: readonly string[];
  readonly finished: Date;
  readonly summary: Readonly<Record<string, number>>;
}

/** The last of each set of targets, among the last thousand. */
async function latestScans(session: Session): Promise<readonly LatestScan[]> {
  const rows = await session.query(
    `select distinct on (targets::text) targets, finished, summary
     from (select * from scans where status = 'finished' order by finished desc limit 1000) recent
     order by targets::text, finished desc limit 50`,
  );
  return rows as unknown as readonly LatestScan[];
}

const kinds = ["pass", "fail", "unknown", "error", "waived"];

function verdictsOf(summary: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(kinds.map((kind) => [kind, summary[kind] ?? 0]));
}

async function openFindings(session: Session): Promise<ReadonlyMap<string, number>> {
  const rows = await session.query(
    "select severity, count(*)::int as open from findings where status = 'open' group by severity",
  );
  const open = new Map(["critical", "high", "medium", "low", "info"].map((severity) => [severity, 0]));
  for (const row of rows) open.set(String(row["severity"]), Number(row["open"]));
  return open;
}

async function depths(session: Session): Promise<ReadonlyMap<string, number>> {
  const counts = Object.entries(queues).map(
    ([name, from]) =>
      `select '${name}' as queue, count(*)::int as depth from (select 1 from ${from} limit ${mostCounted}) q`,
  );
  const rows = await session.query(counts.join(" union all "));
  return new Map(rows.map((row) => [String(row["queue"]), Number(row["depth"])]));
}
