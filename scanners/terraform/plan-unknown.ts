// Terraform's `after_unknown`: an object of the same shape as the values, with true where a value is only known after apply.
import { parsePointer, pointer as pointerOf } from "../../src/inventory/pointer.js";
import { isObject, setOwn, type Json, type JsonObject } from "../../src/json.js";

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

/** Values at unknown pointers are absent; an element of a list keeps its place as null. */
export function withoutUnknown(values: JsonObject, unknown: readonly string[]): JsonObject {
  if (unknown.includes("")) return {};
  return unknown.reduce<JsonObject>((object, pointer) => without(object, parsePointer(pointer)) as JsonObject, values);
}

function without(value: Json, [first, ...rest]: readonly string[]): Json {
  if (first === undefined) return value;
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    if (Number(first) >= list.length) return value;
    return list.map((each, index) => (String(index) !== first ? each : rest.length === 0 ? null : without(each, rest)));
  }
  if (!isObject(value) || !Object.hasOwn(value, first)) return value;
  const copy: { [key: string]: Json } = {};
  for (const [key, each] of Object.entries(value)) {
    if (key !== first) setOwn(copy, key, each);
    else if (rest.length > 0) setOwn(copy, key, without(each, rest));
  }
  return copy;
}
