// The trail's tables, read: in pages, so that a trail of any length takes little memory.
import type { Row, Session } from "../store/database.js";
import { parseEvent } from "./event-text.js";
import { signerKind, Signers } from "./signers.js";
import type { CheckpointRow, EntryRow, HeadRow } from "./verify-trail.js";

/** Of at most 256 KiB each. */
const entriesPerPage = 250;
const checkpointsPerPage = 500;

const entryColumns = "seq::text as seq, encode(hash, 'hex') as hash, event, at, kind";

const entryOf = (row: Row): EntryRow => ({ ...(row as unknown as EntryRow), seq: Number(row["seq"]) });
const checkpointOf = (row: Row): CheckpointRow => ({
  ...(row as unknown as CheckpointRow),
  ...{ number: Number(row["number"]), seq: Number(row["seq"]) },
});

/** The end of the chain, as its row says it and as the entries say it, both at one moment. */
export async function readHead(session: Session): Promise<HeadRow> {
  const [row] = await session.query(
    "select trail, seq::text as seq, encode(hash, 'hex') as hash, (select max(seq) from audit_entries)::text as newest from audit_head",
  );
  const { trail = "", hash = "" } = (row ?? {}) as { trail?: string; hash?: string };
  return { trail, hash, seq: Number(row?.["seq"] ?? 0), newest: Number(row?.["newest"] ?? 0) };
}

export async function* entryRows(session: Session, from: number, to: number): AsyncGenerator<EntryRow> {
  for (let next = from; next <= to;) {
    const page = await session.query(
      `select ${entryColumns} from audit_entries where seq >= $1::bigint and seq <= $2::bigint order by audit_entries.seq limit ${entriesPerPage}`,
      [next, to],
    );
    yield* page.map(entryOf);
    if (page.length < entriesPerPage) return;
    next = Number(page.at(-1)?.["seq"]) + 1;
  }
}

export interface RowFilter {
  readonly from: string | null;
  readonly to: string | null;
  readonly kinds: readonly string[];
  readonly actor?: string;
  readonly before?: number;
}

/** What the parameters from `$2` on say, see `filterParams`. */
const matches = `seq <= $2::bigint and ($3::text is null or at >= $3) and ($4::text is null or at < $4)
  and ($5::boolean or kind in (select json_array_elements_text($6::json))
    or exists (select 1 from json_array_elements_text($7::json) as p(prefix) where starts_with(kind, prefix)))
  and ($8::text is null or event::json #>> '{actor,name}' = $8)`;

function filterParams({ from, to, kinds, actor }: RowFilter, last: number): readonly unknown[] {
  const [prefixes, exact] = [kinds.filter((kind) => kind.endsWith(".")), kinds.filter((kind) => !kind.endsWith("."))];
  return [last, utc(from), utc(to), kinds.length === 0, JSON.stringify(exact), JSON.stringify(prefixes), actor ?? null];
}

/** Entries of a period and of some kinds, up to `last`. */
export async function* matchingRows(session: Session, filter: RowFilter, last: number): AsyncGenerator<EntryRow> {
  for (let after = 0; ;) {
    const page = await session.query(
      `select ${entryColumns} from audit_entries where seq > $1::bigint and ${matches} order by audit_entries.seq limit ${entriesPerPage}`,
      [after, ...filterParams(filter, last)],
    );
    yield* page.map(entryOf);
    if (page.length < entriesPerPage) return;
    after = Number(page.at(-1)?.["seq"]);
  }
}

/** The newest of them, newest first. */
export async function newestRows(session: Session, filter: RowFilter, limit: number): Promise<readonly EntryRow[]> {
  const rows = await session.query(
    `select ${entryColumns} from audit_entries where ${matches} order by audit_entries.seq desc limit $1::bigint`,
    [limit, ...filterParams(filter, (filter.before ?? Number.MAX_SAFE_INTEGER) - 1)],
  );
  return rows.map(entryOf);
}

export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** The first and the last of them. */
export async function matchingRange(session: Session, filter: RowFilter, last: number): Promise<SeqRange | null> {
  const [row] = await session.query(
    `select min(seq)::text as first, max(seq)::text as last from audit_entries where seq >= $1::bigint and ${matches}`,
    [0, ...filterParams(filter, last)],
  );
  return row?.["first"] == null ? null : { from: Number(row["first"]), to: Number(row["last"]) };
}

const utc = (at: string | null): string | null => (at === null ? null : new Date(at).toISOString());

/** The hashes of a stretch of entries, hex. */
export async function entryHashes(session: Session, from: number, to: number): Promise<readonly string[]> {
  const rows = await session.query(
    "select encode(hash, 'hex') as hash from audit_entries where seq between $1::bigint and $2::bigint order by audit_entries.seq",
    [from, to],
  );
  return rows.map(({ hash }) => String(hash));
}

const checkpointColumns = "number::text as number, seq::text as seq, body, encode(signature, 'base64') as signature";

export async function lastCheckpointRow(session: Session): Promise<CheckpointRow | null> {
  const [row] = await session.query(
    `select ${checkpointColumns} from audit_checkpoints order by audit_checkpoints.number desc limit 1`,
  );
  return row === undefined ? null : checkpointOf(row);
}

/** From the first one that covers the entry `seq` or a later one. */
export async function* checkpointRows(session: Session, seq: number): AsyncGenerator<CheckpointRow> {
  for (let after = 0; ;) {
    const page = await session.query(
      `select ${checkpointColumns} from audit_checkpoints where number > $1::bigint and seq >= $2::bigint order by audit_checkpoints.number limit ${checkpointsPerPage}`,
      [after, seq],
    );
    yield* page.map(checkpointOf);
    if (page.length < checkpointsPerPage) return;
    after = Number(page.at(-1)?.["number"]);
  }
}

/** The keys that the trail names. What does not count is passed over; `verify` reports it. */
export async function readSigners(session: Session, trail: string): Promise<Signers> {
  const signers = new Signers(trail);
  const rows = await session.query(
    "select seq::text as seq, event from audit_entries where kind = $1 order by audit_entries.seq",
    [signerKind],
  );
  for (const { seq, event } of rows) signers.add(Number(seq), parseEvent(String(event))?.details);
  return signers;
}
