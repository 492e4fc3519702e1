// Terraform's `after_unknown`: an object of the same shape as the values, with true where a value is only known after apply.
import { pointer as pointerOf } from "../../src/inventory/pointer.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";

const deepest = 200;

/** Checked without recursion: the value may nest as deep as its author likes. */
export function tooDeep(value: Json): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((each) =>
      Array.isArray(each) ? (each as Json[]) : isObject(each) ? Object.values(each) : [],
    );
  }
  return false;
}

/** Pointers to every true. */
export function unknownPointers(afterUnknown: Json, at: readonly (string | number)[] = []): string[] {
  if (afterUnknown === true) return [pointerOf(at)];
  if (Array.isArray(afterUnknown))
    return afterUnknown.flatMap((each: Json, index) => unknownPointers(each, [...at, index]));
  if (!isObject(afterUnknown)) return [];
  return Object.entries(afterUnknown).flatMap(([key, each]) => unknownPointers(each, [...at, key]));
}

/** Values that are not known are absent; an element of a list keeps its place as null. */
export function withoutUnknown(values: JsonObject, afterUnknown: Json): JsonObject {
  const known = without(values, afterUnknown);
  return isObject(known) ? known : {};
}

function without(value: Json, unknown: Json | undefined): Json | undefined {
  if (unknown === true) return undefined;
  if (Array.isArray(value) && Array.isArray(unknown)) {
    return (value as readonly Json[]).map((each, index) => without(each, (unknown as readonly Json[])[index]) ?? null);
  }
  if (!isObject(value) || !isObject(unknown)) return value;
  const known: { [key: string]: Json } = {};
  for (const [key, each] of Object.entries(value)) {
    const kept = without(each, own(unknown, key));
    if (kept !== undefined) setOwn(known, key, kept);
  }
  return known;
}
