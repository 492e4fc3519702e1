// Whether a slice proves itself: needs no database and no network, only the slice and, to trust it, a key.
import { PortcullisError } from "../errors.js";
import { entryHash } from "./chain.js";
import { checkpointDigest, isCheckpointSignedBy, type Checkpoint, type SignedCheckpoint } from "./checkpoint.js";
import { canonicalJson } from "./canonical-json.js";
import { parseProvenEntry, verifyInclusion, type ProvenEntry } from "./proof.js";
import { Signers } from "./signers.js";
import type { SliceHeader } from "./slice.js";
import type { Json } from "../json.js";

export interface SliceVerification {
  /** Every entry is under a checkpoint whose signature counts. */
  readonly proved: boolean;
  readonly entries: number;
  /** First and last entry; null of an empty slice. */
  readonly first: number | null;
  readonly last: number | null;
  /** Nothing was left out between the first and the last entry. */
  readonly contiguous: boolean;
  /** Ids of the keys, oldest first. */
  readonly signers: readonly string[];
  readonly problems: readonly string[];
  /** Problems beyond those listed. */
  readonly moreProblems: number;
}

/** A slice as it is read back from a package (`parseSliceHeader`, and the entries as JSON has them): nothing in it is trusted. */
export interface UntrustedSlice extends SliceHeader {
  readonly entries: AsyncIterable<unknown>;
}

const maximumProblems = 100;

/** `trusted` is the id of a key that whoever verifies trusts; null to trust the first key that the slice names. */
export async function verifySlice(slice: UntrustedSlice, trusted: string | null): Promise<SliceVerification> {
  const problems = new Problems();
  const signers = signersOf(slice, problems);
  const checkpoints = checkpointsOf(slice, signers, problems);
  const seen = await verifyEntries(slice.entries, checkpoints, problems);
  trust(trusted, signers, checkpoints, problems);
  return {
    proved: problems.listed.length === 0,
    ...seen,
    signers: signers.list.map(({ statement }) => statement.signer),
    ...{ problems: problems.listed, moreProblems: problems.more },
  };
}

class Problems {
  readonly listed: string[] = [];
  more = 0;

  add(problem: string): void {
    if (this.listed.length >= maximumProblems) this.more++;
    else this.listed.push(problem);
  }
}

function signersOf({ trail, signers }: UntrustedSlice, problems: Problems): Signers {
  const accepted = new Signers(trail);
  for (const { seq, statement } of signers) {
    const wrong = accepted.add(seq, statement);
    if (wrong !== null) problems.add(`the key of entry ${seq} does not count: ${wrong}`);
  }
  return accepted;
}

/** By number, those that count. */
function checkpointsOf(slice: UntrustedSlice, signers: Signers, problems: Problems): ReadonlyMap<number, Checkpoint> {
  const counted = new Map<number, Checkpoint>();
  let before: Checkpoint | null = null;
  for (const signed of slice.checkpoints) {
    const wrong = checkpointProblem(slice.trail, signed, before, signers);
    before = signed.checkpoint;
    if (wrong === null) counted.set(before.number, before);
    else problems.add(wrong);
  }
  return counted;
}

function checkpointProblem(
  trail: string,
  signed: SignedCheckpoint,
  before: Checkpoint | null,
  signers: Signers,
): string | null {
  const { checkpoint } = signed;
  const key = signers.at(checkpoint.seq);
  if (checkpoint.trail !== trail) return `checkpoint ${checkpoint.number} is of another trail`;
  if (key?.signer !== checkpoint.signer)
    return `checkpoint ${checkpoint.number} is signed by a key that was not in force`;
  if (!isCheckpointSignedBy(signed, key.spki))
    return `the signature of checkpoint ${checkpoint.number} is not one of its key`;
  if (before === null) return null;
  const follows =
    checkpoint.number === before.number + 1 &&
    checkpoint.from === before.seq + 1 &&
    checkpoint.previous === checkpointDigest(before);
  return follows ? null : `checkpoint ${checkpoint.number} does not continue checkpoint ${before.number}`;
}

type Seen = Pick<SliceVerification, "entries" | "first" | "last" | "contiguous">;

async function verifyEntries(
  entries: UntrustedSlice["entries"],
  checkpoints: ReadonlyMap<number, Checkpoint>,
  problems: Problems,
): Promise<Seen> {
  let seen: Seen = { entries: 0, first: null, last: null, contiguous: true };
  let hash = "";
  for await (const given of entries) {
    const entry = parseProvenEntry(given);
    if (entry === null) {
      problems.add(`what follows entry ${seen.last ?? 0} is not an entry with its proof`);
      continue;
    }
    const wrong = entryProblem(entry, checkpoints, seen.last ?? 0);
    if (wrong !== null) problems.add(wrong);
    const follows = seen.last === null || (entry.seq === seen.last + 1 && entry.previous === hash);
    seen = {
      entries: seen.entries + 1,
      first: seen.first ?? entry.seq,
      last: entry.seq,
      contiguous: seen.contiguous && follows,
    };
    hash = wrong === null ? hashOf(entry) : "";
  }
  return seen;
}

function entryProblem(entry: ProvenEntry, checkpoints: ReadonlyMap<number, Checkpoint>, last: number): string | null {
  const checkpoint = checkpoints.get(entry.checkpoint);
  if (checkpoint === undefined)
    return `entry ${entry.seq} is under checkpoint ${entry.checkpoint}, which does not count or is not here`;
  if (entry.seq <= last) return `entry ${entry.seq} is out of order`;
  try {
    return verifyInclusion(entry, checkpoint);
  } catch (error) {
    if (!(error instanceof PortcullisError)) throw error;
    return `entry ${entry.seq} is not an entry: ${error.message}`;
  }
}

function hashOf({ seq, previous, event }: ProvenEntry): string {
  return entryHash({ seq, previous, text: canonicalJson(event as unknown as Json) }).toString("hex");
}

/** A key that was only named after the fact vouches for nothing: it has to be the first, or to have signed. */
function trust(
  trusted: string | null,
  { list }: Signers,
  checkpoints: ReadonlyMap<number, Checkpoint>,
  problems: Problems,
): void {
  if (trusted === null) return;
  const place = list.findIndex(({ statement }) => statement.signer === trusted);
  const signed = [...checkpoints.values()].some(({ signer }) => signer === trusted);
  if (place !== 0 && !(place > 0 && signed)) problems.add(`the trusted key ${trusted} has signed nothing here`);
}
