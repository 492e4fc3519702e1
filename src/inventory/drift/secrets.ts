// What a change may show. A value is hidden where its name or its look tells that it is secret, and where the state says so.
import type { Json, JsonObject } from "../../json.js";
import { isObject, setOwn } from "../../json.js";
import { redactJson } from "../../redact.js";
import { valueAt } from "../pointer.js";
import { canonicalText } from "./canonical-text.js";
import type { PropertyChange } from "./drift.js";

const hidden = "<redacted>";
const longestShown = 4_000;

interface Known {
  readonly wanted: { readonly config: JsonObject; readonly tags: JsonObject };
  readonly found: { readonly config: JsonObject; readonly tags: JsonObject };
  readonly secrets: readonly string[];
}

export function withoutSecrets(changes: readonly PropertyChange[], known: Known): PropertyChange[] {
  if (changes.length === 0) return [];
  const wanted = redactJson({ config: known.wanted.config, tags: known.wanted.tags });
  const found = redactJson({ config: known.found.config, tags: known.found.tags });
  const secrets = secretWords(known.secrets);
  return changes.map((change) => {
    const { path } = change;
    const isSecret =
      isScalarSecret(wanted.value, path, change.desired) ||
      isScalarSecret(found.value, path, change.live) ||
      holds(change.desired, secrets) ||
      holds(change.live, secrets);
    if (isSecret) return { ...change, desired: shown(change.desired), live: shown(change.live) };
    return { ...change, desired: clean(change.desired, path), live: clean(change.live, path) };
  });
}

function shown(value: Json): Json {
  return value === null ? null : hidden;
}

/** The value of the whole side, taken at the place, is hidden: then so is the value of the other side. */
function isScalarSecret(side: Json, path: string, value: Json): boolean {
  return !isObject(value) && !Array.isArray(value) && value !== null && valueAt(side, path) !== value;
}

/** Shorter ones stand in other words by chance. */
const shortestInside = 6;

interface SecretWords {
  readonly whole: ReadonlySet<string>;
  /** Longer ones by their beginning, so that a text is walked through once, however many there are. */
  readonly inside: ReadonlyMap<string, readonly string[]>;
}

/** All resources of one state have the same list. */
const wordsOf = new WeakMap<readonly string[], SecretWords>();

function secretWords(secrets: readonly string[]): SecretWords {
  const known = wordsOf.get(secrets);
  if (known !== undefined) return known;
  const whole = formsOf(secrets);
  const inside = new Map<string, string[]>();
  for (const word of whole) {
    if (word.length < shortestInside) continue;
    const start = word.slice(0, shortestInside);
    const others = inside.get(start);
    if (others === undefined) inside.set(start, [word]);
    else others.push(word);
  }
  const words = { whole, inside };
  wordsOf.set(secrets, words);
  return words;
}

/** As a normal form may have them: what is JSON as its leaves, and nothing with capitals. */
function formsOf(secrets: readonly string[]): ReadonlySet<string> {
  return new Set(secrets.flatMap((secret) => [secret, ...embeddedLeaves(secret)]).map((one) => one.toLowerCase()));
}

function embeddedLeaves(text: string): string[] {
  if (!/^\s{0,20}[[{]/.test(text)) return [];
  try {
    return leaves(JSON.parse(text) as Json, 0);
  } catch {
    return [];
  }
}

const deepest = 100;

function leaves(value: Json, depth: number): string[] {
  if (typeof value === "string") return value === "" ? [] : [value, ...embeddedLeaves(value)];
  if (typeof value === "number") return [String(value)];
  if (value === null || typeof value !== "object" || depth > deepest) return [];
  return Object.values(value).flatMap((one: Json) => leaves(one, depth + 1));
}

function holds(value: Json, secrets: SecretWords): boolean {
  if (secrets.whole.size === 0) return false;
  if (Array.isArray(value)) return (value as readonly Json[]).some((one) => holds(one, secrets));
  if (isObject(value)) return Object.values(value).some((one) => holds(one, secrets));
  if (typeof value !== "string" && typeof value !== "number") return false;
  const text = String(value).toLowerCase();
  return secrets.whole.has(text) || holdsInside(text, secrets.inside);
}

function holdsInside(text: string, inside: SecretWords["inside"]): boolean {
  if (inside.size === 0) return false;
  for (let at = 0; at + shortestInside <= text.length; at++)
    if (inside.get(text.slice(at, at + shortestInside))?.some((word) => text.startsWith(word, at)) === true)
      return true;
  return false;
}

/** An object or a list, under the names that lead to it; what is very long is cut. */
function clean(value: Json, path: string): Json {
  const names = path.split("/").slice(1);
  const nested = names.reduceRight<Json>((inner, name) => nestedIn(name, inner), value);
  const redacted = redactJson(nested).value;
  const kept = valueAt(redacted, path) ?? (value === null ? null : hidden);
  const text = canonicalText(kept);
  return text.length > longestShown ? `${text.slice(0, longestShown)} ...` : kept;
}

function nestedIn(name: string, inner: Json): JsonObject {
  const object: { [key: string]: Json } = {};
  setOwn(object, name.replaceAll("~1", "/").replaceAll("~0", "~"), inner);
  return object;
}
