// What is another in a resource than before: pointers as deep as the difference is.
import { pointer } from "../inventory/pointer.js";
import type { Resource } from "../inventory/resource.js";
import { isObject, own, type Json } from "../json.js";

const fields = ["provider", "type", "name", "account", "region", "tags", "config"] as const;
const mostPaths = 200;

/** Where there are more than 200, only the fields that they are in: a path is left out of the list never unseen. */
export function changedPaths(before: Resource, after: Resource): string[] {
  const changed = fields.filter((field) => !isSame(before[field], after[field]));
  const deep: string[] = [];
  for (const field of changed) {
    collect([before[field], after[field]], [field], deep);
    if (deep.length > mostPaths) return changed.map((name) => pointer([name]));
  }
  return deep;
}

export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isList(a) || isList(b)) return isList(a) && isList(b) && isSameList(a, b);
  const [left, right] = [a, b];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(own(left, key), own(right, key)))
  );
}

function isSameList(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((value, at) => isSame(value, b[at]));
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

type Sides = readonly [Json | undefined, Json | undefined];

function collect([a, b]: Sides, at: readonly (string | number)[], found: string[]): void {
  if (found.length > mostPaths || isSame(a, b)) return;
  if (isList(a) && isList(b) && a.length === b.length) {
    for (const [index, value] of a.entries()) collect([value, b[index]], [...at, index], found);
  } else if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      collect([own(a, key), own(b, key)], [...at, key], found);
  } else found.push(pointer(at));
}
