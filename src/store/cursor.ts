// Cursors of pages: the sort key of the last row, opaque to whoever carries it.
import { PortcullisError } from "../errors.js";
import { storableText } from "./storable.js";

export type CursorPart = string | number;

export function encodeCursor(parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** Throws `usage` for what `encodeCursor` did not make. */
export function decodeCursor(cursor: string, types: readonly ("string" | "number")[]): CursorPart[] {
  const parts = parsed(cursor);
  const fits =
    Array.isArray(parts) && parts.length === types.length && types.every((type, i) => fitsType(parts[i], type));
  if (!fits) throw foreignCursor();
  return (parts as CursorPart[]).map((part) => (typeof part === "string" ? storableText(part) : part));
}

export function foreignCursor(): PortcullisError {
  return new PortcullisError("usage", "the cursor of the page is not one that a page before gave");
}

/** A time as `encodeCursor` was given it, and one that there is. */
export function isInstant(value: CursorPart | null | undefined): value is string {
  if (typeof value !== "string" || !/^\d{4}-/.test(value)) return false;
  const time = new Date(value);
  return !Number.isNaN(time.getTime()) && time.toISOString() === value;
}

function fitsType(part: unknown, type: "string" | "number"): boolean {
  return type === "string" ? typeof part === "string" : Number.isInteger(part) && Math.abs(part as number) < 2 ** 31;
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
