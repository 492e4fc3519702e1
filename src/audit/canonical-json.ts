// Canonical JSON, RFC 8785 (JCS): one text for one value, so that a hash or a signature means the value.
import { PortcullisError } from "../errors.js";
import type { Json } from "../json.js";

const maximumDepth = 256;
const loneSurrogate = /\p{Surrogate}/u;

/** Throws `internal` for what JSON cannot say: lone surrogates, NaN, infinities, undefined, values of other types, cycles. */
export function canonicalJson(value: Json): string {
  return textOf(value, 0);
}

function textOf(value: unknown, depth: number): string {
  if (depth > maximumDepth) throw refused(`is nested more than ${maximumDepth} deep`);
  switch (typeof value) {
    case "string":
      return stringOf(value);
    case "number":
      if (!Number.isFinite(value)) throw refused(`holds the number ${value}`);
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : compound(value, depth);
    default:
      throw refused(`holds a value of type ${typeof value}`);
  }
}

function compound(value: object, depth: number): string {
  if (Array.isArray(value)) {
    // Not `map`, which leaves holes out.
    return `[${Array.from(value, (element: unknown) => textOf(element, depth + 1)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refused("holds an object that is not a plain one");
  // The default order of strings is that of UTF-16 code units, which is the RFC's.
  const members = Object.keys(value)
    .sort()
    .map((key) => `${stringOf(key)}:${textOf((value as Record<string, unknown>)[key], depth + 1)}`);
  return `{${members.join(",")}}`;
}

function stringOf(text: string): string {
  if (loneSurrogate.test(text)) throw refused("holds a text with half of a surrogate pair");
  return JSON.stringify(text);
}

function refused(what: string): PortcullisError {
  return new PortcullisError("internal", `canonical JSON was asked for a value that ${what}`);
}
