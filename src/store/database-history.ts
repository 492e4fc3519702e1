// The history over a database: see `History`. What is large is read in pages.
import type { VerdictKind } from "../engine/verdict.js";
import type { Database, Row, Session } from "./database.js";
import { findingEventOf, instant } from "./findings.js";
import {
  type FindingEvent,
  type History,
  type HistoryScan,
  type Period,
  type PolicyTally,
  type PolicyVersion,
  type ResourceBody,
  type ResourceState,
} from "./history.js";
import { isPlaceOf } from "./merge-states.js";
import { storable } from "./storable.js";
import { arrayText } from "./scan-writes.js";
import { worstFirst, type VerdictsByPolicy } from "./verdict-vectors.js";

const pageSize = 1_000;

export function createHistory(database: Database): History {
  return {
    latest: (targets, limit) => latestScans(database, targets, limit),
    scans: (period) => scansOf(database, period),
    policySet: (digest) => policySet(database, digest),
    states: ({ from, to }) =>
      pagesOfStates(database, {
        condition: "s.from_at < $2 and (s.until_at is null or s.until_at > $1)",
        params: [from, to],
      }),
    population: (scan) => population(database, scan),
    bodies: (hashes) => bodiesOf(database, hashes),
    findingEvents: (period) => eventsOf(database, period),
  };
}

async function scansOf(session: Session, { from, to }: Period): Promise<readonly HistoryScan[]> {
  const rows = await session.query(
    "select * from scans where started >= $1 and started < $2 order by started, seq nulls last, id",
    [from, to],
  );
  return rows.map(scanOf);
}

async function latestScans(
  session: Session,
  targets: readonly string[],
  limit: number,
): Promise<readonly HistoryScan[]> {
  const rows = await session.query(
    "select * from scans where seq is not null and targets = $1::jsonb order by seq desc limit $2",
    [JSON.stringify(storable(targets)), limit],
  );
  return rows.map(scanOf).reverse();
}

function scanOf(row: Row): HistoryScan {
  const { id, status, targets, summary, schedule, version, policies } = row;
  return {
    ...{ id, status, targets, summary, schedule, version, policies },
    seq: row["seq"] === null ? null : Number(row["seq"]),
    startedAt: instant(row["started"]),
    finishedAt: row["finished"] === null ? null : instant(row["finished"]),
    problems: row["problems"] ?? [],
    notes: row["notes"] ?? [],
    tally: tallyOf((row["tally"] ?? {}) as Readonly<Record<string, readonly number[]>>),
  } as HistoryScan;
}

export function tallyOf(rows: Readonly<Record<string, readonly number[]>>): ReadonlyMap<string, PolicyTally> {
  const counts = (row: readonly number[]): PolicyTally =>
    Object.fromEntries(worstFirst.map((kind, at) => [kind, row[at] ?? 0])) as PolicyTally;
  return new Map(Object.entries(rows).map(([policy, row]) => [policy, counts(row)]));
}

async function policySet(session: Session, digest: string): Promise<readonly PolicyVersion[]> {
  const [row] = await session.query("select policies from policy_sets where digest = $1", [digest]);
  return (row?.["policies"] ?? []) as readonly PolicyVersion[];
}

interface Which {
  /** Of a state `s` and its resource `r`. */
  readonly condition: string;
  readonly params: readonly unknown[];
}

/** Resource after resource, in the order in which they were first seen; the states of each in the order of time. */
async function* pagesOfStates(session: Session, { condition, params }: Which): AsyncGenerator<ResourceState> {
  const vectors = new Map<number, ReadonlyMap<string, VerdictKind>>();
  const [after, last] = [params.length + 1, params.length + 2];
  for (let key = 0; ;) {
    const [range] = await session.query(
      "select max(key) as last from (select key from resources where key > $1 order by key limit $2) page",
      [key, pageSize],
    );
    if (range?.["last"] === null || range === undefined) return;
    const end = Number(range["last"]);
    const rows = await session.query(
      `select r.id, r.provider, r.type, r.name, r.account, r.region, r.owner, s.*
       from resources r join (
         select resource, body, vector, from_seq, from_at, null::bigint as until_seq, null::timestamptz as until_at, null as ended
         from states where resource > $${after} and resource <= $${last}
         union all
         select resource, body, vector, from_seq, from_at, until_seq, until_at, ended
         from past_states where resource > $${after} and resource <= $${last}
       ) s on s.resource = r.key
       where ${condition} order by r.key, s.from_seq`,
      [...params, key, end],
    );
    await readVectors(session, rows, vectors);
    for (const row of rows) yield stateOf(row, vectors.get(Number(row["vector"])) ?? new Map());
    key = end;
  }
}

async function readVectors(
  session: Session,
  rows: readonly Row[],
  known: Map<number, ReadonlyMap<string, VerdictKind>>,
): Promise<void> {
  const missing = [...new Set(rows.map((row) => Number(row["vector"])))].filter((key) => !known.has(key));
  if (missing.length === 0) return;
  const found = await session.query("select key, verdicts from vectors where key = any($1::bigint[])", [
    arrayText(missing),
  ]);
  for (const row of found) known.set(Number(row["key"]), new Map(Object.entries(row["verdicts"] as VerdictsByPolicy)));
}

function stateOf(row: Row, verdicts: ReadonlyMap<string, VerdictKind>): ResourceState {
  const { id, provider, type, name, account, region, owner, body, ended } = row;
  return {
    resource: { id, provider, type, name, account, region },
    ...{ owner, body, ended, verdicts },
    fromSeq: Number(row["from_seq"]),
    from: instant(row["from_at"]),
    untilSeq: row["until_seq"] === null ? null : Number(row["until_seq"]),
    until: row["until_at"] === null ? null : instant(row["until_at"]),
  } as ResourceState;
}

/** What was not seen ended its state, so that every state that holds in a place the scan covered was seen by it. */
async function* population(session: Session, scan: HistoryScan): AsyncGenerator<ResourceState> {
  if (scan.seq === null || scan.policies === null) return;
  const ran = new Set((await policySet(session, scan.policies)).map(({ id }) => id));
  const covered = `exists (select from scans c join place_sets l on l.digest = c.places,
      jsonb_to_recordset(l.places) as p(provider text, account text, region text, type text)
    where c.id = $2 and ${isPlaceOf("p")})`;
  const condition = `s.from_seq <= $1 and (s.until_seq is null or s.until_seq > $1) and ${covered}`;
  for await (const state of pagesOfStates(session, { condition, params: [scan.seq, scan.id] })) {
    yield { ...state, verdicts: new Map([...state.verdicts].filter(([policy]) => ran.has(policy))) };
  }
}

async function bodiesOf(session: Session, hashes: readonly string[]): Promise<ReadonlyMap<string, ResourceBody>> {
  const rows = await session.query(
    "select hash, name, tags, config, omitted from bodies where hash in (select jsonb_array_elements_text($1::jsonb))",
    [JSON.stringify(hashes)],
  );
  return new Map(
    rows.map(({ hash, name, tags, config, omitted }) => {
      const body = { name, tags, config, ...(omitted === null ? {} : { omitted }) };
      return [hash as string, body as ResourceBody];
    }),
  );
}

/** Oldest first; those of one moment by fingerprint. */
async function* eventsOf(session: Session, { from, to }: Period): AsyncGenerator<FindingEvent> {
  let after: readonly string[] = [from, "", ""];
  for (;;) {
    const rows = await session.query(
      `select * from finding_events
       where at >= $1 and at < $2 and (at, fingerprint, kind) > ($3::timestamptz, $4::text collate "C", $5::text collate "C")
       order by at, fingerprint, kind collate "C" limit ${pageSize}`,
      [from, to, ...after],
    );
    const events = rows.map(findingEventOf);
    yield* events;
    const last = events.at(-1);
    if (rows.length < pageSize || last === undefined) return;
    after = [last.at, last.fingerprint, last.kind];
  }
}
