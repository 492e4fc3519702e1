// What of a value may stand in a log line, and how: without secrets, without terminal escapes, of bounded size, and under names
// that Elastic's common schema knows. What is ours alone goes by `portcullis.`, so that it never collides with theirs.
import type { Json } from "../json.js";
import { printable } from "../printable.js";
import { redactJson, redactText } from "../redact.js";
import { kindOfName } from "../redact-names.js";
import { marker } from "../redact-patterns.js";

const maximumText = 4_096;
/** Of a text that is looked through: what is far longer is cut before. */
const maximumRead = 65_536;
const maximumDepth = 5;
const maximumMembers = 50;
/** Of all members of a line together. */
const maximumNodes = 500;
const maximumCharacters = 32_768;

/** Sets of fields of the schema that we, or what we use, write. */
const schemaSets = new Set(
  [
    "client",
    "cloud",
    "container",
    "destination",
    "ecs",
    "error",
    "event",
    "file",
    "host",
    "http",
    "labels",
    "log",
  ].concat(
    ["message", "network", "organization", "process", "server", "service", "source", "span", "tags", "tls", "trace"],
    ["transaction", "url", "user", "user_agent"],
  ),
);
/** What a header says may be logged of these alone. */
const knownHeaders = new Set([
  "accept",
  "content-length",
  "content-type",
  "host",
  "user-agent",
  "x-request-id",
  "traceparent",
]);
/** Whose values are secrets, or as good as one. */
const secretNames = /(?:^|[-_.])(?:authorization|(?:set-?)?cookies?|signature(?:-\d+)?|csrf|xsrf)$/i;
/** Names that a line has once, and that only the logger writes. */
const reserved = new Set(["@timestamp", "log.level", "message", "ecs.version"]);

/** The fields of a line, of whatever was given to be logged. Never throws. */
export function logFields(given: object): Record<string, unknown> {
  const line = new Line();
  const fields: Record<string, Json> = {};
  for (const [key, value] of entriesOf(given)) {
    if (reserved.has(key) || value === undefined) continue;
    for (const [name, json] of line.field(key, value)) fields[name] = json;
  }
  return line.isFlat ? fields : (redactJson(fields).value as Record<string, unknown>);
}

/** A text without secrets, escapes and the values of queries; cut where it is too long. */
export function logText(text: string): string {
  const isCut = text.length > maximumRead;
  const clean = redactText(withoutQuotes(isCut ? text.slice(0, maximumRead) : text));
  // What was cut in the middle of a secret would not be told for one: what stands near the cut goes too.
  const whole = isCut ? clean.slice(0, Math.max(0, clean.length - maximumText)) : clean;
  const short = isCut || whole.length > maximumText ? `${whole.slice(0, maximumText)}…` : whole;
  return unprintable.test(short) ? short.split("\n").map(printable).join("\n") : short;
}

/** Values in the query of an address. */
const queries = /([?&][\w.~%[\]-]{1,200}=)[^&\s"'<>#]+/g;
/** What JSON.parse says shows a piece of what it read. */
const quotedInput = /, (?:\.\.\.)?"[\s\S]*?"(?:\.\.\.)? is not valid JSON/g;
/** Also more than `printable` replaces. */
const unprintable = /[^\t\n -~\u00a0-\u1fff\u2070-\ufefe]/;

function withoutQuotes(text: string): string {
  const parsed = text.includes("is not valid JSON") ? text.replace(quotedInput, " is not valid JSON") : text;
  return parsed.includes("=") ? parsed.replace(queries, "$1<redacted>") : parsed;
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  try {
    return Object.entries(value).slice(0, maximumMembers);
  } catch {
    return []; // a proxy that throws
  }
}

/** Counts what a line holds already. */
class Line {
  /** Nothing in it has members of its own: names were looked at here. */
  isFlat = true;
  #nodes = 0;
  #characters = 0;

  /** A member of what was logged, by the names that it has in the line. */
  *field(key: string, value: unknown): Generator<readonly [string, Json]> {
    if (key === "err" || key === "error") {
      yield* Object.entries(this.#error(value));
    } else if (key === "req" && isLike(value)) {
      const { method, url, id } = value;
      if (typeof method === "string") yield ["http.request.method", this.#text(method)];
      if (typeof url === "string") yield ["url.path", this.#text(pathOf(url))];
      if (typeof id === "string") yield ["http.request.id", this.#text(id)];
    } else if (key === "res" && isLike(value)) {
      if (typeof value["statusCode"] === "number") yield ["http.response.status_code", value["statusCode"]];
    } else {
      yield [nameOf(key, value), this.#json(value, key, 0)];
    }
  }

  #error(thrown: unknown): Record<string, Json> {
    if (!(thrown instanceof Error))
      return { "error.message": this.#text(typeof thrown === "string" ? thrown : "not an error") };
    const { name, message, stack, cause } = thrown;
    const code = (thrown as { code?: unknown }).code;
    return {
      "error.type": this.#text(name),
      "error.message": this.#text(cause instanceof Error ? `${message}: ${cause.message}` : message),
      ...(typeof stack === "string" ? { "error.stack_trace": this.#text(stack) } : {}),
      ...(typeof code === "string" ? { "error.code": this.#text(code) } : {}),
    };
  }

  #json(value: unknown, key: string, depth: number): Json {
    if (++this.#nodes > maximumNodes || depth > maximumDepth) return "…";
    if (isSecretName(key) && value !== null && value !== undefined && typeof value !== "object") return marker;
    switch (typeof value) {
      case "string":
        return this.#text(key === "url.path" || key === "url.original" ? pathOf(value) : value);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
        return value;
      case "bigint":
        return this.#text(value.toString());
      case "object":
        return value === null ? null : this.#object(value, key, depth);
      default:
        return null;
    }
  }

  #object(value: object, key: string, depth: number): Json {
    this.isFlat = false;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error) return this.#text(value.message);
    if (value instanceof Uint8Array || value instanceof ArrayBuffer) return "…";
    const isHeaders = /headers$/i.test(key);
    if (isHeaders && Array.isArray(value)) return "…"; // names and values in turn
    if (Array.isArray(value)) return value.slice(0, maximumMembers).map((one) => this.#json(one, key, depth + 1));
    const copy: Record<string, Json> = Object.create(null) as Record<string, Json>;
    for (const [name, member] of entriesOf(value)) {
      if (member === undefined || (isHeaders && !knownHeaders.has(name.toLowerCase()))) continue;
      copy[this.#text(name)] = this.#json(member, name, depth + 1);
    }
    return { ...copy };
  }

  #text(text: string): string {
    if (text.startsWith("{") || text.startsWith("[")) this.isFlat = false;
    const clean = logText(text);
    const left = Math.max(0, maximumCharacters - this.#characters);
    this.#characters += clean.length;
    return clean.length <= left ? clean : `${clean.slice(0, left)}…`;
  }
}

function isLike(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? "";
}

function isSecretName(key: string): boolean {
  const kind = kindOfName(key);
  return kind === "secret" || kind === "password" || kind === "whole" || secretNames.test(key);
}

/** Those that are no sets but fields. */
const schemaFields = new Set(["labels", "tags"]);

/** `http.request.id` stays; `part` becomes `portcullis.part`, and so does a `user` that is not an object. */
export function nameOf(key: string, value: unknown): string {
  const { name, set, isInSet } = cleanName(key);
  const isOfSchema = schemaSets.has(set) && (isInSet || isLike(value) || schemaFields.has(set));
  return isOfSchema ? name : `portcullis.${name}`;
}

interface Name {
  readonly name: string;
  readonly set: string;
  readonly isInSet: boolean;
}

/** The same few names come on every line. */
const names = new Map<string, Name>();
const maximumNames = 1_000;

function cleanName(key: string): Name {
  const before = names.get(key);
  if (before !== undefined) return before;
  const name = logText(key.slice(0, 200));
  const [set = "", ...rest] = name.split(".");
  const made = { name, set, isInSet: rest.length > 0 };
  if (names.size >= maximumNames) names.clear();
  if (key.length <= 200) names.set(key, made);
  return made;
}
