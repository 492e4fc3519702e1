// Checkpoints: signed statements of what the trail was, which can be kept elsewhere.
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "./canonical-json.js";
import { isHash } from "./chain.js";
import { isSignedBy, type SigningKey } from "./signing-key.js";

/** Covers the entries from `from` to `seq`; those before are covered by the checkpoints before. */
export interface Checkpoint {
  readonly version: 1;
  /** The trail's id: a checkpoint says nothing about another trail. */
  readonly trail: string;
  /** From 1, without gaps. */
  readonly number: number;
  readonly from: number;
  readonly seq: number;
  readonly count: number;
  /** Of the entry `seq`, hex: stands for every entry up to it. */
  readonly hash: string;
  /** Merkle root over the entries' hashes, hex (RFC 6962). */
  readonly root: string;
  /** Digest of the checkpoint before, hex; null for the first. */
  readonly previous: string | null;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** SHA-256 of the SPKI of the key that signed it, hex. */
  readonly signer: string;
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Ed25519, base64. */
  readonly signature: string;
}

const hash = z.string().refine(isHash);
const count = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const shape = z
  .strictObject({
    ...{ version: z.literal(1), trail: z.string().max(100), number: count, from: count, seq: count, count },
    ...{ hash, root: hash, previous: hash.nullable(), at: z.string().max(40), signer: hash },
  })
  .refine((one) => one.count === one.seq - one.from + 1);
const signedShape = z.strictObject({ checkpoint: shape, signature: z.string().max(200) });

export const checkpointText = (checkpoint: Checkpoint): string => canonicalJson({ ...checkpoint });

/** What the checkpoint after it refers to. */
export function checkpointDigest(checkpoint: Checkpoint): string {
  return createHash("sha256").update(checkpointText(checkpoint)).digest("hex");
}

const signedText = (checkpoint: Checkpoint): string => `portcullis.audit.checkpoint.v1\n${checkpointText(checkpoint)}`;

export function signCheckpoint(checkpoint: Checkpoint, key: SigningKey): SignedCheckpoint {
  return { checkpoint, signature: key.sign(signedText(checkpoint)) };
}

export function isCheckpointSignedBy({ checkpoint, signature }: SignedCheckpoint, spki: string): boolean {
  return isSignedBy(spki, signedText(checkpoint), signature);
}

/** Null for what is not a checkpoint. Says nothing about its signature. */
export function parseSignedCheckpoint(value: unknown): SignedCheckpoint | null {
  const checked = signedShape.safeParse(value);
  return checked.success ? checked.data : null;
}

export function parseCheckpointFile(text: string): SignedCheckpoint | null {
  try {
    return parseSignedCheckpoint(JSON.parse(text));
  } catch {
    return null;
  }
}
