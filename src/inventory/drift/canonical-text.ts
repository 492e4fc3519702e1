// One text for equal values, whatever the order of their members.
import { isObject, type Json, type JsonObject } from "../../json.js";

export function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalText).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let text = "";
  for (const key of Object.keys(value).sort())
    text += `${text === "" ? "{" : ","}${JSON.stringify(key)}:${canonicalText(value[key] as Json)}`;
  return text === "" ? "{}" : `${text}}`;
}

/** Whether both have one canonical text, without making it. */
export function isSame(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && isSameList(a, b);
  return isSameObject(a as JsonObject, b as JsonObject);
}

function isSameList(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((one, at) => isSame(one, b[at] as Json));
}

function isSameObject(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] as Json, b[key] as Json))
  );
}

/** Sorted, and each once. */
export function setOf(values: readonly Json[]): Json[] {
  if (values.length < 2) return [...values];
  const byText = new Map(values.map((value) => [canonicalText(value), value]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
