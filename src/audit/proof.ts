// Proof that one entry was in the trail when a checkpoint was signed. Needs nothing but the checkpoint.
import { z } from "zod";
import { isObject, type Json } from "../json.js";
import { canonicalJson } from "./canonical-json.js";
import { entryHash, isHash } from "./chain.js";
import type { Checkpoint } from "./checkpoint.js";
import { rootOfPath } from "./merkle.js";
import type { AuditEvent } from "./trail.js";

export interface ProvenEntry {
  readonly seq: number;
  /** Hash of the entry before, hex. */
  readonly previous: string;
  readonly event: AuditEvent;
  /** The checkpoint that covers it. */
  readonly checkpoint: number;
  /** Neighbours on the way to the checkpoint's Merkle root, hex. */
  readonly path: readonly string[];
}

const shape = z.strictObject({
  seq: z.number().int().min(1),
  previous: z.string().refine(isHash),
  event: z.custom<AuditEvent>(isObject),
  checkpoint: z.number().int().min(1),
  path: z.array(z.string().refine(isHash)).max(64),
});

/** Null for what does not have the form of one, as it is read back from a file. */
export function parseProvenEntry(value: unknown): ProvenEntry | null {
  return shape.safeParse(value).data ?? null;
}

/** Null when the entry is proved; otherwise why not. Whether the checkpoint itself counts is for `verifySlice` to say. */
export function verifyInclusion(
  { seq, previous, event, path }: Omit<ProvenEntry, "checkpoint">,
  checkpoint: Checkpoint,
): string | null {
  const { from, count, root } = checkpoint;
  if (parseProvenEntry({ seq, previous, event, path, checkpoint: 1 }) === null)
    return "an entry is not one with its proof";
  const hash = entryHash({ seq, previous, text: canonicalJson(event as unknown as Json) });
  const computed = rootOfPath({
    entryHash: hash,
    index: seq - from,
    count,
    path: path.map((step) => Buffer.from(step, "hex")),
  });
  if (computed?.toString("hex") === root) return null;
  return `entry ${seq} is not one of those of which checkpoint ${checkpoint.number} was made`;
}
