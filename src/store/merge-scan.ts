// The end of a scan: what it saw becomes the state of resources and findings, and the history of both.
import { createHash } from "node:crypto";
import { canonicalJson } from "../audit/canonical-json.js";
import type { AuditEvent, Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Summary } from "../report.js";
import type { Session } from "./database.js";
import type { PolicyVersion } from "./history.js";
import { mergeFindings } from "./merge-findings.js";
import { mergeStates } from "./merge-states.js";
import { scanEvent } from "./scan-events.js";
import { announceScan, type Announcing } from "./outbox-scan.js";
import { stagingTables } from "./scan-writes.js";
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
  readonly by: Caller;
  readonly at: string;
  readonly complete: boolean;
  /** How many rows were written: fewer in the database means that something was lost, and nothing may be concluded. */
  readonly expected: { readonly resources: number; readonly verdicts: number };
  readonly summary: Summary;
  readonly problems: readonly ScanProblem[];
  readonly policies: readonly PolicyVersion[];
  /** By policy, the number of each verdict in the order of `worstFirst`. */
  readonly tally: Readonly<Record<string, readonly number[]>>;
  readonly notes: readonly string[];
  /** Who is told of what it changed; nobody where it is not said. */
  readonly announcing?: Announcing | null;
}

/** A scan on its way through the merge: with its place in the order, and a time that never runs backwards. */
export interface MergedScan extends EndedScan {
  readonly seq: number;
  /** The problems that hide resources, as JSON. */
  readonly hiding: string;
  readonly ran: readonly string[];
}

/** Two scans that end together are merged one after the other. */
export const mergeLock = 7_067_264;

/**
 * Must be called in a transaction. `fail`, `unknown` and `waived` verdicts open a finding, or reopen one that was resolved.
 *
 * A finding is resolved only when what it is about was looked at in this scan, that is, when
 * (a) its resource was seen and its policy reached `pass`, `fail`, `waived` or `not-applicable` on it, and the same
 *     fingerprint was not reported; `error` and `unknown` verdicts are doubts and resolve nothing; or
 * (b) its resource is gone: it was not seen, while other resources of the same provider, account and region were, and no
 *     problem hides its type, or everything, there. A problem without an account or a region is one everywhere. Where the
 *     scan was not a complete one, one of those other resources must be of the same type.
 * So a scan of another provider, account or region, or a scan that was refused, touches nothing of it.
 *
 * A scan that was merged already is not merged again: its outcome is returned.
 */
export async function mergeScan(session: Session, scan: EndedScan): Promise<Merged> {
  await session.query("select pg_advisory_xact_lock($1::bigint)", [mergeLock]);
  const before = await outcomeOf(session, scan.id);
  if (before !== null) return { outcome: before, event: null };
  await checkComplete(session, scan);
  const merged = await inOrder(session, scan);
  await session.query("select portcullis_month('past_states', $1), portcullis_month('finding_events', $1)", [
    merged.at,
  ]);
  const places = await mergeStates(session, merged);
  const counts = await mergeFindings(session, merged);
  const [row] = await session.query("select count(*)::int as open from findings where status = 'open'");
  const outcome = { ...counts, open: Number(row?.["open"]) };
  const policies = await keepSet(session, "policy_sets", "policies", sorted(scan.policies));
  await announceScan(session, merged, outcome);
  await endScan(session, merged, { places, policies, outcome });
  const details = {
    seq: merged.seq,
    ...scan.summary,
    ...{ outcome, policies, places, problems: scan.problems.length },
  };
  return { outcome, event: scanEvent("scan.finished", merged, { ...details, notes: scan.notes }) };
}

export interface Merged {
  readonly outcome: ScanOutcome;
  /** For the audit trail, in the same transaction; null where the scan was merged before. */
  readonly event: AuditEvent | null;
}

function sorted(policies: readonly PolicyVersion[]): readonly PolicyVersion[] {
  return policies.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function outcomeOf(session: Session, id: string): Promise<ScanOutcome | null> {
  const [row] = await session.query("select outcome from scans where id = $1 and status = 'finished'", [id]);
  return (row?.["outcome"] ?? null) as ScanOutcome | null;
}

async function checkComplete(session: Session, { id, expected }: EndedScan): Promise<void> {
  const [row] = await session.query(
    `select (select status from scans where id = $1 for update) as status,
       (select coalesce(sum(cardinality(seqs)), 0) from scan_known where scan = $1)::int
         + (select count(*) from scan_resources where scan = $1)::int as resources,
       (select coalesce(sum(cardinality(seqs)), 0) from scan_vectors where scan = $1)::int as vectors,
       (select count(*) from scan_verdicts where scan = $1)::int as verdicts`,
    [id],
  );
  const { resources, verdicts } = expected;
  const isWhole = row?.["resources"] === resources && row["vectors"] === resources && row["verdicts"] === verdicts;
  if (row?.["status"] === "running" && isWhole) return;
  throw new PortcullisError(
    "store-unavailable",
    `scan ${id} was ended by another process, or lost what it had written; nothing of it was kept: scan again`,
  );
}

async function inOrder(session: Session, scan: EndedScan): Promise<MergedScan> {
  const [row] = await session.query(
    `select coalesce(max(seq), 0) + 1 as seq, greatest($1::timestamptz, max(finished)) as at
     from scans where seq is not null`,
    [scan.at],
  );
  const hiding = scan.problems.map(({ hides, account, region }) => ({ hides, account, region }));
  return {
    ...scan,
    seq: Number(row?.["seq"]),
    at: (row?.["at"] as Date).toISOString(),
    hiding: JSON.stringify(storable(hiding)),
    ran: scan.policies.map(({ id }) => id),
  };
}

async function endScan(
  session: Session,
  scan: MergedScan,
  sets: { readonly places: string; readonly policies: string; readonly outcome: ScanOutcome },
): Promise<void> {
  await session.query(
    `update scans set status = 'finished', finished = $2, summary = $3::jsonb, problems = $4::jsonb, seq = $5,
       policies = $6, places = $7, tally = $8::jsonb, outcome = $9::jsonb, notes = $10::jsonb
     where id = $1`,
    [
      scan.id,
      scan.at,
      JSON.stringify(scan.summary),
      JSON.stringify(storable(scan.problems)),
      scan.seq,
      sets.policies,
      sets.places,
      JSON.stringify(scan.tally),
      JSON.stringify(sets.outcome),
      JSON.stringify(storable(scan.notes)),
    ],
  );
  for (const table of stagingTables) await session.query(`delete from ${table} where scan = $1`, [scan.id]);
}

/** Keeps a set once by its digest, which is returned. */
export async function keepSet(session: Session, table: string, column: string, set: unknown): Promise<string> {
  const text = canonicalJson(storable(set));
  const digest = createHash("sha256").update(text).digest("hex");
  await session.query(
    `insert into ${table} (digest, ${column}) values ($1, $2::jsonb) on conflict (digest) do nothing`,
    [digest, text],
  );
  return digest;
}
