// Signs what was appended. A checkpoint is made of what is read again and found to continue the checkpoint before: what was
// changed in between is refused, not signed.
import type { Clock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import type { Database, Session } from "../store/database.js";
import { readAnchor, writeAnchor } from "./anchor.js";
import { entryHash, genesis } from "./chain.js";
import { checkpointDigest, checkpointText, signCheckpoint, type SignedCheckpoint } from "./checkpoint.js";
import { ownEventText } from "./event-text.js";
import { MerkleRoot } from "./merkle.js";
import { entryRows, lastCheckpointRow, readHead, readSigners } from "./rows.js";
import { signerKind, signerStatement, type Signers } from "./signers.js";
import {
  createSigningKey,
  keyFile,
  keyVariable,
  promoteNextKey,
  readSigningKeys,
  type KeyPlace,
  type SigningKey,
} from "./signing-key.js";
import type { Caller } from "./trail.js";
import { checkpointOfRow, type HeadRow } from "./verify-trail.js";

export interface SigningContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly place: KeyPlace;
  readonly anchor: string;
  caller(): Promise<Caller>;
}

/** More are covered by several checkpoints: a proof needs the hashes of one segment in memory. */
const maximumSegment = 50_000;

/** Any number that only this uses: one process signs at a time. */
const advisoryLock = 7_067_264;

/** Covers the trail up to where it ends now. Null of an empty trail. */
export async function makeCheckpoints(context: SigningContext): Promise<SignedCheckpoint | null> {
  const caller = await context.caller();
  for (;;) {
    const { last, done } = await context.database.transaction((session) => nextCheckpoint(session, context, caller));
    if (last !== null && done) writeAnchor(context.anchor, last);
    if (done) return last;
  }
}

interface Progress {
  readonly last: SignedCheckpoint | null;
  readonly done: boolean;
}

async function nextCheckpoint(session: Session, context: SigningContext, caller: Caller): Promise<Progress> {
  await lockSigning(session);
  const last = await lastCheckpoint(session);
  checkAnchor(context.anchor, last);
  const before = await readHead(session);
  if (before.seq === (last?.checkpoint.seq ?? 0)) return { last, done: true };
  const signers = await readSigners(session, before.trail);
  const key = await keyInForce(session, signers, context, caller);
  const head = await readHead(session);
  const made = signCheckpoint(
    { ...(await segment(session, head, last)), at: context.clock.now().toISOString(), signer: key.id },
    key,
  );
  await session.query(
    "insert into audit_checkpoints (number, seq, body, signature) values ($1::bigint, $2::bigint, $3, decode($4, 'base64'))",
    [made.checkpoint.number, made.checkpoint.seq, checkpointText(made.checkpoint), made.signature],
  );
  return { last: made, done: made.checkpoint.seq === head.seq };
}

export async function lockSigning(session: Session): Promise<void> {
  await session.query("select pg_advisory_xact_lock($1::bigint)", [advisoryLock]);
}

async function lastCheckpoint(session: Session): Promise<SignedCheckpoint | null> {
  const row = await lastCheckpointRow(session);
  const signed = row === null ? null : checkpointOfRow(row);
  if (row !== null && signed === null) throw broken(`checkpoint ${row.number} is not one`);
  return signed;
}

function checkAnchor(file: string, last: SignedCheckpoint | null): void {
  const anchor = readAnchor(file)?.checkpoint.checkpoint;
  if (anchor === undefined) return;
  if (anchor.number > (last?.checkpoint.number ?? 0) || (last !== null && anchor.trail !== last.checkpoint.trail))
    throw broken(`it does not hold checkpoint ${anchor.number}, which ${file} has`);
}

async function keyInForce(
  session: Session,
  signers: Signers,
  context: SigningContext,
  caller: Caller,
): Promise<SigningKey> {
  const inForce = signers.list.at(-1)?.statement.signer;
  const found = readSigningKeys(context.place);
  if (inForce !== undefined) {
    const key = found.find(({ id }) => id === inForce);
    if (key === undefined) throw keyIsElsewhere(inForce, context.place);
    if (found.length > 1) finishRotation(found, key, context.place);
    return key;
  }
  const key = found[0] ?? createSigningKey(context.place);
  await appendSigner(session, { context, caller, key, previous: null });
  return key;
}

/** One that broke off after the trail had its statement. */
function finishRotation(found: readonly SigningKey[], key: SigningKey, place: KeyPlace): void {
  if (found[1]?.id === key.id) promoteNextKey(place);
}

function keyIsElsewhere(inForce: string, place: KeyPlace): PortcullisError {
  return new PortcullisError(
    "config-invalid",
    `the audit trail is signed with the key ${inForce}, which is not here: expected it in ${keyFile(place)} or in $${keyVariable}. Entries are kept all the same, and are signed by a machine that has it`,
  );
}

export interface NewSigner {
  readonly context: Pick<SigningContext, "clock" | "database">;
  readonly caller: Caller;
  readonly key: SigningKey;
  readonly previous: SigningKey | null;
}

export async function appendSigner(session: Session, { context, caller, key, previous }: NewSigner): Promise<void> {
  const { trail } = await readHead(session);
  const text = ownEventText({
    at: context.clock.now().toISOString(),
    kind: signerKind,
    ...caller,
    ...{ subject: key.id, decision: null, details: signerStatement(trail, key, previous) },
  });
  await session.query("select seq from audit_append($1::json)", [JSON.stringify([text])]);
}

/** What the next checkpoint says, after its entries were read again. */
async function segment(session: Session, head: HeadRow, last: SignedCheckpoint | null) {
  const from = (last?.checkpoint.seq ?? 0) + 1;
  const to = Math.min(head.seq, from + maximumSegment - 1);
  const root = new MerkleRoot();
  let previous = last?.checkpoint.hash ?? genesis;
  for await (const row of entryRows(session, from, to)) {
    const computed = entryHash({ seq: from + root.count, previous, text: row.event });
    if (row.seq !== from + root.count || computed.toString("hex") !== row.hash)
      throw broken(`entry ${from + root.count} is not what it was`);
    root.add(computed);
    previous = row.hash;
  }
  if (from + root.count - 1 !== to) throw broken(`entry ${from + root.count} is missing`);
  return {
    ...{
      version: 1 as const,
      trail: head.trail,
      number: (last?.checkpoint.number ?? 0) + 1,
      from,
      seq: to,
      count: root.count,
    },
    ...{ hash: previous, root: root.root().toString("hex") },
    previous: last === null ? null : checkpointDigest(last.checkpoint),
  };
}

function broken(why: string): PortcullisError {
  return new PortcullisError("internal", `the audit trail is not signed, because ${why}; see: portcullis audit verify`);
}
