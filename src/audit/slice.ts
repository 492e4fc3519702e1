// A part of the trail that proves itself: entries, each with its proof, the checkpoints, and the keys that signed them.
import { z } from "zod";
import { parseSignedCheckpoint, type SignedCheckpoint } from "./checkpoint.js";
import type { ProvenEntry } from "./proof.js";
import { statementShape, type Signer } from "./signers.js";

export interface AuditSlice {
  readonly version: 1;
  /** The trail's id. */
  readonly trail: string;
  /** From the one that covers the first entry to the last of the trail: each names the digest of the one before. */
  readonly checkpoints: readonly SignedCheckpoint[];
  /** Every key of the trail, oldest first, with the statement that brought it in. */
  readonly signers: readonly Signer[];
  /**
   * Oldest first. Where the query named no kinds it has no gaps: everything between the first and the last entry of the
   * period. May be read once.
   */
  readonly entries: AsyncIterable<ProvenEntry>;
}

export type SliceHeader = Omit<AuditSlice, "entries">;

const shape = z.strictObject({
  version: z.literal(1),
  trail: z.string(),
  checkpoints: z.array(z.unknown()),
  signers: z.array(z.strictObject({ seq: z.number().int().min(1), statement: statementShape })),
});

/** The slice without its entries, as it is read back from a file; null for what does not have the form of one. */
export function parseSliceHeader(value: unknown): SliceHeader | null {
  const { data } = shape.safeParse(value);
  const checkpoints = (data?.checkpoints ?? []).map(parseSignedCheckpoint).filter((one) => one !== null);
  return data === undefined || checkpoints.length !== data.checkpoints.length ? null : { ...data, checkpoints };
}
