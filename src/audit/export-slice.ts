// Reads a part of the trail together with its proofs.
import { PortcullisError } from "../errors.js";
import type { Database } from "../store/database.js";
import { genesis } from "./chain.js";
import type { Checkpoint, SignedCheckpoint } from "./checkpoint.js";
import { parseEvent } from "./event-text.js";
import { merkleLevels, merklePath, type MerkleLevels } from "./merkle.js";
import type { ProvenEntry } from "./proof.js";
import {
  checkpointRows,
  entryHashes,
  entryRows,
  matchingRange,
  matchingRows,
  readHead,
  readSigners,
  type SeqRange,
} from "./rows.js";
import type { AuditSlice } from "./slice.js";
import type { AuditQuery } from "./trail.js";
import { checkpointOfRow, type EntryRow } from "./verify-trail.js";

/** `last` is the checkpoint that covers everything that may be asked for. */
export async function readSlice(database: Database, query: AuditQuery, last: Checkpoint): Promise<AuditSlice> {
  // What is between the first and the last entry is proved as well, so that nothing can be left out.
  const range = await matchingRange(database, query, last.seq);
  const checkpoints: SignedCheckpoint[] = [];
  for await (const row of checkpointRows(database, range?.from ?? last.seq)) {
    const signed = checkpointOfRow(row);
    if (signed === null) throw broken(`checkpoint ${row.number} is not one`);
    if (signed.checkpoint.number <= last.number) checkpoints.push(signed);
  }
  const { trail } = await readHead(database);
  const signers = (await readSigners(database, trail)).list;
  return { version: 1, trail, checkpoints, signers, entries: provenEntries({ database, query, range, checkpoints }) };
}

interface Source {
  readonly database: Database;
  readonly query: AuditQuery;
  readonly range: SeqRange | null;
  readonly checkpoints: readonly SignedCheckpoint[];
}

async function* provenEntries({ database, query, range, checkpoints }: Source): AsyncGenerator<ProvenEntry> {
  if (range === null) return;
  const rows =
    query.kinds.length === 0 && query.actor === undefined
      ? entryRows(database, range.from, range.to)
      : matchingRows(database, query, range.to);
  let segment: Segment | null = null;
  let place = 0;
  for await (const row of rows) {
    while (row.seq > (checkpoints[place]?.checkpoint.seq ?? row.seq)) place++;
    const checkpoint = checkpoints[place]?.checkpoint;
    if (checkpoint === undefined) throw broken(`no checkpoint covers entry ${row.seq}`);
    if (segment?.checkpoint !== checkpoint) segment = await readSegment(database, checkpoint);
    yield provenEntry(row, segment);
  }
}

interface Segment {
  readonly checkpoint: Checkpoint;
  /** The hash before each entry of the segment. */
  readonly previous: readonly string[];
  readonly levels: MerkleLevels;
}

async function readSegment(database: Database, checkpoint: Checkpoint): Promise<Segment> {
  const { from, seq, number, root, count } = checkpoint;
  const hashes = await entryHashes(database, from, seq);
  const [before = genesis] = await entryHashes(database, from - 1, from - 1);
  const levels = merkleLevels(hashes.map((hash) => Buffer.from(hash, "hex")));
  if (hashes.length !== count || levels.at(-1)?.[0]?.toString("hex") !== root)
    throw broken(`the entries under checkpoint ${number} are not what they were`);
  return { checkpoint, previous: [before, ...hashes], levels };
}

function provenEntry({ seq, event: text }: EntryRow, { checkpoint, previous, levels }: Segment): ProvenEntry {
  const index = seq - checkpoint.from;
  const [event, before] = [parseEvent(text), previous[index]];
  if (event === null || before === undefined) throw broken(`entry ${seq} is not an event`);
  const path = merklePath(levels, index).map((step) => step.toString("hex"));
  return { seq, previous: before, event, checkpoint: checkpoint.number, path };
}

function broken(why: string): PortcullisError {
  return new PortcullisError("internal", `the audit trail cannot be proved: ${why}; see: portcullis audit verify`);
}
