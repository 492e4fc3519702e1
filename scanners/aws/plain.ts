import { isObject, setOwn, type Json, type JsonObject } from "../../src/json.js";

/** An SDK answer as JSON: dates as ISO strings, bytes as base64, what is not there left out, and the SDK's `$metadata` too. */
export function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "object" ? plainObject(value) : null;
}

export function plainObject(value: object): JsonObject {
  const result: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === "$metadata" || member === undefined || typeof member === "function") continue;
    setOwn(result, key, plain(member));
  }
  return result;
}

/** `config` from what was read: members that are not there (undefined, null) are left out. */
export function present(members: { readonly [key: string]: unknown }): JsonObject {
  return plainObject(
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null)),
  );
}

/** The same, or undefined where nothing at all is there. */
export function presentOrNone(members: { readonly [key: string]: unknown }): JsonObject | undefined {
  const result = present(members);
  return Object.keys(result).length > 0 ? result : undefined;
}

/** Text that AWS gives for a boolean or a number, as what it is; undefined for anything else. */
export function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  return text.toLowerCase() === "true" ? true : text.toLowerCase() === "false" ? false : undefined;
}

export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Policy documents come as JSON text, and from IAM percent-encoded. Throws for what is neither. */
export function parseDocument(text: string): JsonObject {
  const json = text.trimStart().startsWith("{") ? text : decodeURIComponent(text);
  const document: unknown = JSON.parse(json);
  if (!isObject(document)) throw new Error("expected an object as the policy document");
  return document;
}
