// The chain of entries: what is hashed, byte for byte. The database computes the same (migration 0003).
import { createHash } from "node:crypto";

/** What the first entry follows. */
export const genesis: string = "00".repeat(32);

const domain = Buffer.from("portcullis.audit.entry.v1\n");

export interface ChainLink {
  readonly seq: number;
  /** Hash of the entry before, hex. */
  readonly previous: string;
  /** The event as canonical JSON. */
  readonly text: string;
}

/** SHA-256 over fixed-length fields and then the text: no two entries have the same bytes. */
export function entryHash({ seq, previous, text }: ChainLink): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  return createHash("sha256")
    .update(domain)
    .update(number)
    .update(Buffer.from(previous, "hex"))
    .update(text, "utf8")
    .digest();
}

export const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
