// What PostgreSQL cannot keep is changed here, once, for every text that comes from outside: jsonb and text refuse U+0000 and
// lone surrogates, an index refuses long keys, and a parser has a limited depth.
import { createHash } from "node:crypto";
import { isObject, setOwn, type Json } from "../json.js";

const maximumDepth = 200;

export function storableText(text: string): string {
  if (text.isWellFormed() && !text.includes("\u0000")) return text;
  return text.replace(/\p{Surrogate}/gu, "\ufffd").replaceAll("\u0000", "\ufffd");
}

/** The same value with texts and keys that can be kept; what is nested deeper than 200 is replaced by a sentence. */
export function storable(value: unknown, depth = 0): Json {
  if (typeof value === "string") return storableText(value);
  if (depth > maximumDepth) return `(nested more than ${maximumDepth} deep)`;
  if (Array.isArray(value)) return value.map((element: unknown) => storable(element, depth + 1));
  if (!isObject(value)) return (value ?? null) as Json;
  const result: { [key: string]: Json } = {};
  for (const [key, element] of Object.entries(value)) setOwn(result, storableText(key), storable(element, depth + 1));
  return result;
}

/** At most `limit` bytes; a longer one keeps its beginning, and the hash of the whole makes it distinct. */
export function storableKey(key: string, limit: number): string {
  const text = storableText(key);
  if (Buffer.byteLength(text) <= limit) return text;
  const start = Buffer.from(text)
    .subarray(0, limit - 70)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
  return `${start}…${createHash("sha256").update(key).digest("hex")}`;
}

/** Together below what a PostgreSQL index entry can hold (2,704 bytes). */
export const storableId = (id: string): string => storableKey(id, 1_800);
export const storablePolicy = (policy: string): string => storableKey(policy, 600);
