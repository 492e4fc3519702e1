// How a service token looks: `ptc_ID_SECRETCHECK`. The prefix and the checksum let scanners of secrets find it, and let us refuse
// what is none without asking the database; the id is public; the secret is 32 random bytes.
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const form = /^ptc_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}$/;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checkLength = 6;

export const servicePrefix = "ptc_";

export interface ParsedToken {
  readonly id: string;
  /** What is kept of it. */
  readonly hash: Buffer;
}

export function newServiceToken(): ParsedToken & { readonly token: string } {
  const id = base62(randomBytes(8), 12);
  const body = `${servicePrefix}${id}_${base62(randomBytes(32), 43)}`;
  const token = body + checkOf(body);
  return { id, token, hash: hashOf(token) };
}

/** Null for what was never a token of ours, whatever is in the store. */
export function parseServiceToken(text: string): ParsedToken | null {
  const id = form.exec(text)?.[1];
  if (id === undefined || checkOf(text.slice(0, -checkLength)) !== text.slice(-checkLength)) return null;
  return { id, hash: hashOf(text) };
}

/**
 * One round of SHA-256 is right here: slow hashes protect what people can remember, and 256 random bits cannot be guessed from
 * their hash at any speed. A slow one would only let strangers keep our processors busy.
 */
function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function checkOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return base62(bytes, checkLength);
}

function base62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  while (text.length < length) {
    text = (alphabet[Number(rest % 62n)] ?? "") + text;
    rest /= 62n;
  }
  return text;
}
