// Whether a trail is what it was: everything is computed again from its rows. Pure: where the rows come from is others' business.
import { canonicalJson } from "./canonical-json.js";
import { entryHash, genesis } from "./chain.js";
import {
  checkpointDigest,
  isCheckpointSignedBy,
  parseSignedCheckpoint,
  type Checkpoint,
  type SignedCheckpoint,
} from "./checkpoint.js";
import { parseEvent } from "./event-text.js";
import { MerkleRoot } from "./merkle.js";
import { signerKind, Signers } from "./signers.js";

export interface EntryRow {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
  /** Canonical JSON. */
  readonly event: string;
  /** As the columns have them by which entries are found. */
  readonly at: string;
  readonly kind: string;
}

export interface CheckpointRow {
  readonly number: number;
  readonly seq: number;
  readonly body: string;
  /** Base64. */
  readonly signature: string;
}

export interface HeadRow {
  readonly trail: string;
  readonly seq: number;
  readonly hash: string;
  /** The highest number of an entry at the same moment. */
  readonly newest: number;
}

/** A checkpoint that was kept outside the database. */
export interface KeptCheckpoint {
  /** Where, for people. */
  readonly file: string;
  readonly checkpoint: SignedCheckpoint;
}

export interface TrailRows {
  readonly head: HeadRow;
  /** All, by number. */
  readonly entries: AsyncIterable<EntryRow>;
  readonly checkpoints: AsyncIterable<CheckpointRow>;
  readonly kept: readonly KeptCheckpoint[];
  /** What was kept and cannot be read any more: why not. */
  readonly unreadable: readonly string[];
  /** The id of the key that whoever verifies trusts; null to trust the first key of the trail. */
  readonly trusted: string | null;
}

export const problemKinds = ["missing", "changed", "truncated", "checkpoint", "signer", "head"] as const;

export interface AuditProblem {
  /**
   * `missing`: entries are gone. `changed`: content, place or hash is not what it was. `truncated`: the end is gone.
   * `checkpoint`: one is forged, changed or gone. `signer`: a key that nobody vouches for. `head`: the end of the chain was moved.
   */
  readonly kind: (typeof problemKinds)[number];
  /** The entries concerned, first and last; null where it is not about entries. */
  readonly seq: number | null;
  readonly to: number | null;
  readonly checkpoint: number | null;
  readonly message: string;
}

export interface AuditVerification {
  /** `unproved`: nothing is wrong that could be seen, and no signature vouches for it. */
  readonly status: "proved" | "tampered" | "unproved";
  readonly trail: string;
  readonly entries: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly checkpoints: number;
  /** The last entry that a signature vouches for; 0 for none. Later ones are only chained. */
  readonly covered: number;
  /** Ids of the keys, oldest first. */
  readonly signers: readonly string[];
  readonly problems: readonly AuditProblem[];
  /** Problems beyond those listed. */
  readonly moreProblems: number;
}

const maximumProblems = 100;

export async function verifyTrail(rows: TrailRows): Promise<AuditVerification> {
  const check = new TrailCheck(rows.head, rows.kept);
  const checkpoints = rows.checkpoints[Symbol.asyncIterator]();
  let next = await checkpoints.next();
  for await (const row of rows.entries) {
    check.entry(row);
    for (; next.done !== true && next.value.seq <= row.seq; next = await checkpoints.next())
      check.checkpoint(next.value);
  }
  for (; next.done !== true; next = await checkpoints.next()) check.checkpoint(next.value);
  return check.finish(rows);
}

type Place = Partial<Pick<AuditProblem, "seq" | "to" | "checkpoint">>;

/** Takes entries and checkpoints in their order, and gathers what is wrong with them. */
class TrailCheck {
  readonly #head: HeadRow;
  readonly #kept: readonly KeptCheckpoint[];
  readonly #keptFound = new Set<KeptCheckpoint>();
  readonly #signers: Signers;
  readonly #signed = new Set<string>();
  readonly #problems: AuditProblem[] = [];
  #more = 0;
  #entries = 0;
  #lastSeq = 0;
  /** Of the entry before; null where that is missing. */
  #previous: string | null = genesis;
  #root = new MerkleRoot();
  #segmentStart = 1;
  #segmentWhole = true;
  #lastCheckpoint: Checkpoint | null = null;
  #checkpoints = 0;
  #covered = 0;

  constructor(head: HeadRow, kept: readonly KeptCheckpoint[]) {
    this.#head = head;
    this.#kept = kept;
    this.#signers = new Signers(head.trail);
  }

  entry(row: EntryRow): void {
    this.#entries++;
    if (row.seq !== this.#lastSeq + 1) this.#gap(row.seq);
    this.#content(row);
    this.#root.add(Buffer.from(row.hash, "hex"));
    this.#previous = row.hash;
    this.#lastSeq = row.seq;
  }

  #gap(seq: number): void {
    const [from, to] = [this.#lastSeq + 1, seq - 1];
    this.#problem("missing", { seq: from, to }, `${entriesText(from, to)} missing`);
    this.#previous = null;
    this.#segmentWhole = false;
  }

  #content(row: EntryRow): void {
    const place = { seq: row.seq, to: row.seq };
    if (this.#previous !== null) {
      const computed = entryHash({ seq: row.seq, previous: this.#previous, text: row.event }).toString("hex");
      if (computed !== row.hash) {
        const message = `entry ${row.seq} was changed, moved or put in, or the hash of the entry before it was changed: its hash is ${row.hash}, computed ${computed}`;
        this.#problem("changed", place, message);
        return;
      }
    }
    const event = parseEvent(row.event);
    if (event === null) {
      this.#problem(
        "changed",
        place,
        `entry ${row.seq} is not an audit event in canonical JSON: it was not written by portcullis`,
      );
    } else if (event.at !== row.at || event.kind !== row.kind) {
      this.#problem("changed", place, `entry ${row.seq} is listed under another time or kind than its own`);
    } else if (event.kind === signerKind) this.#signer(row.seq, event.details);
  }

  #signer(seq: number, details: unknown): void {
    const wrong = this.#signers.add(seq, details);
    if (wrong !== null)
      this.#problem("signer", { seq, to: seq }, `entry ${seq} brings in a key that does not count: ${wrong}`);
  }

  checkpoint(row: CheckpointRow): void {
    const signed = signedOf(row);
    const number = (this.#lastCheckpoint?.number ?? 0) + 1;
    const place = { seq: this.#segmentStart, to: row.seq, checkpoint: row.number };
    if (signed === null) {
      this.#problem("checkpoint", place, `checkpoint ${row.number} is not one: its row was changed`);
      return;
    }
    this.#checkpoints++;
    const { checkpoint } = signed;
    this.#compareWithKept(checkpoint);
    const wrong = this.#gapOfCheckpoints(checkpoint, number) ?? this.#chained(checkpoint) ?? this.#signature(signed);
    if (wrong !== null) this.#problem("checkpoint", place, wrong);
    else this.#covers(checkpoint);
    this.#startSegment(checkpoint);
  }

  #gapOfCheckpoints({ number }: Checkpoint, expected: number): string | null {
    if (number === expected) return null;
    return `the checkpoints from ${expected} to ${number - 1} are missing`;
  }

  #chained(checkpoint: Checkpoint): string | null {
    const { number, trail, previous, from } = checkpoint;
    const before = this.#lastCheckpoint;
    if (trail !== this.#head.trail) return `checkpoint ${number} is of another trail (${trail})`;
    if (previous !== (before === null ? null : checkpointDigest(before)))
      return `checkpoint ${number} does not continue checkpoint ${number - 1}: one of them is not the one that was made`;
    return from === (before?.seq ?? 0) + 1 ? null : `checkpoint ${number} does not begin where the one before ends`;
  }

  #signature(signed: SignedCheckpoint): string | null {
    const { number, seq, signer } = signed.checkpoint;
    const inForce = this.#signers.at(seq);
    if (inForce === null) return `checkpoint ${number} is signed, but the trail names no key before it`;
    if (inForce.signer !== signer)
      return `checkpoint ${number} is signed by the key ${signer}, in force was ${inForce.signer}`;
    if (isCheckpointSignedBy(signed, inForce.spki)) return null;
    return `the signature of checkpoint ${number} is not one of the key ${signer}: it was forged or changed`;
  }

  /** The entries that are there are those that were signed. */
  #covers(checkpoint: Checkpoint): void {
    const { number, seq, from, root, hash, signer } = checkpoint;
    this.#signed.add(signer);
    const place = { seq: from, to: seq, checkpoint: number };
    if (seq > this.#lastSeq) {
      const first = Math.max(this.#lastSeq + 1, from);
      this.#problem(
        "truncated",
        { ...place, seq: first },
        `${entriesText(first, seq)} missing at the end: checkpoint ${number} was made of them`,
      );
    } else if (this.#segmentWhole && (this.#root.root().toString("hex") !== root || this.#previous !== hash)) {
      this.#problem(
        "changed",
        place,
        `the entries from ${from} to ${seq} are not those of which checkpoint ${number} was made: they were changed and hashed anew`,
      );
    } else this.#covered = seq;
  }

  #startSegment(checkpoint: Checkpoint): void {
    this.#lastCheckpoint = checkpoint;
    this.#root = new MerkleRoot();
    this.#segmentStart = checkpoint.seq + 1;
    this.#segmentWhole = true;
  }

  #compareWithKept(checkpoint: Checkpoint): void {
    for (const kept of this.#kept) {
      const { number, trail } = kept.checkpoint.checkpoint;
      if (number !== checkpoint.number || trail !== this.#head.trail) continue;
      this.#keptFound.add(kept);
      if (checkpointDigest(kept.checkpoint.checkpoint) === checkpointDigest(checkpoint)) continue;
      const { seq, from } = kept.checkpoint.checkpoint;
      const place = { seq: from, to: seq, checkpoint: checkpoint.number };
      this.#problem(
        "checkpoint",
        place,
        `checkpoint ${checkpoint.number} is not the one that ${kept.file} has: one of them was replaced`,
      );
    }
  }

  finish({ unreadable, trusted }: Pick<TrailRows, "unreadable" | "trusted">): AuditVerification {
    this.#end();
    for (const message of unreadable) this.#problem("checkpoint", {}, message);
    for (const kept of this.#kept) this.#finishKept(kept);
    this.#trust(trusted);
    const { trail, seq, hash } = this.#head;
    return {
      status: this.#problems.length > 0 ? "tampered" : this.#covered === 0 && seq > 0 ? "unproved" : "proved",
      ...{ trail, entries: this.#entries, head: { seq, hash }, checkpoints: this.#checkpoints, covered: this.#covered },
      signers: this.#signers.list.map(({ statement }) => statement.signer),
      ...{ problems: this.#problems, moreProblems: this.#more },
    };
  }

  #end(): void {
    const { seq, hash, newest } = this.#head;
    const last = this.#lastSeq;
    if (seq > last)
      this.#problem("truncated", { seq: last + 1, to: seq }, `${entriesText(last + 1, seq)} missing at the end`);
    else if (newest > seq)
      this.#problem(
        "head",
        { seq: seq + 1, to: newest },
        `the head says that the trail ends at entry ${seq}, it ends at ${newest}: it was moved`,
      );
    else if (this.#previous !== null && hash !== this.#previous)
      this.#problem("head", { seq, to: seq }, `the head does not have the hash of the last entry, ${seq}`);
  }

  #finishKept(kept: KeptCheckpoint): void {
    const { file, checkpoint: signed } = kept;
    const { trail, number, seq, signer } = signed.checkpoint;
    const place = { seq, to: seq, checkpoint: number };
    if (trail !== this.#head.trail) {
      this.#problem(
        "checkpoint",
        place,
        `${file} is of the trail ${trail}, this is ${this.#head.trail}: the database was replaced, or the file belongs to another one`,
      );
      return;
    }
    if (!this.#keptFound.has(kept))
      this.#problem(
        "truncated",
        place,
        `checkpoint ${number}, which ${file} has, is missing: the trail had at least ${seq} entries`,
      );
    const key = this.#signers.list.find(({ statement }) => statement.signer === signer)?.statement;
    if (key === undefined || !isCheckpointSignedBy(signed, key.spki))
      this.#problem("checkpoint", place, `the signature in ${file} is not one of this trail's keys`);
  }

  /** A key that was only named after the fact vouches for nothing: it has to be the first, or to have signed. */
  #trust(trusted: string | null): void {
    if (trusted === null) return;
    const place = this.#signers.list.findIndex(({ statement }) => statement.signer === trusted);
    if (place === 0 || (place > 0 && this.#signed.has(trusted))) return;
    const first = this.#signers.list[0]?.statement.signer ?? "none";
    this.#problem(
      "signer",
      {},
      `the trusted key ${trusted} has signed nothing of this trail; its first key is ${first}`,
    );
  }

  #problem(kind: AuditProblem["kind"], place: Place, message: string): void {
    if (this.#problems.length >= maximumProblems) this.#more++;
    else
      this.#problems.push({
        kind,
        seq: place.seq ?? null,
        to: place.to ?? null,
        checkpoint: place.checkpoint ?? null,
        message,
      });
  }
}

function signedOf(row: CheckpointRow): SignedCheckpoint | null {
  try {
    const signed = parseSignedCheckpoint({
      checkpoint: JSON.parse(row.body) as unknown,
      signature: row.signature.replaceAll("\n", ""),
    });
    if (signed === null || canonicalJson({ ...signed.checkpoint }) !== row.body) return null;
    return signed.checkpoint.number === row.number && signed.checkpoint.seq === row.seq ? signed : null;
  } catch {
    return null;
  }
}

export const checkpointOfRow = signedOf;

function entriesText(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `the entries from ${from} to ${to} are`;
}
