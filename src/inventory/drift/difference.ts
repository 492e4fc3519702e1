// Where two normal forms differ. Lists are sets here: what stands on one side only is told, never where it stands.
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import { pointer } from "../pointer.js";
import { canonicalText, isSame } from "./canonical-text.js";
import type { PropertyChange } from "./drift.js";

type Segments = readonly (string | number)[];

export function differences(desired: JsonObject, live: JsonObject, at: Segments): PropertyChange[] {
  const keys = [...new Set([...Object.keys(desired), ...Object.keys(live)])].sort();
  return keys.flatMap((key) => difference(own(desired, key), own(live, key), [...at, key]));
}

function difference(desired: Json | undefined, live: Json | undefined, at: Segments): PropertyChange[] {
  if (desired === undefined || live === undefined) {
    if (desired === live) return [];
    const kind = desired === undefined ? "added" : "removed";
    return [{ path: pointer(at), kind, desired: desired ?? null, live: live ?? null }];
  }
  if (isSame(desired, live)) return [];
  if (isObject(desired) && isObject(live)) return differences(desired, live, at);
  if (Array.isArray(desired) && Array.isArray(live)) return listDifference(desired, live, at);
  return [{ path: pointer(at), kind: "changed", desired, live }];
}

function listDifference(desired: readonly Json[], live: readonly Json[], at: Segments): PropertyChange[] {
  const [first, second] = [desired[0], live[0]];
  // One element each: the element changed, and where in it is worth saying.
  if (desired.length === 1 && live.length === 1 && isObject(first) && isObject(second))
    return differences(first, second, [...at, 0]);
  const gone = without(desired, live);
  const come = without(live, desired);
  const path = pointer(at);
  // The same elements in another order, in a list whose order means something.
  if (gone.length === 0 && come.length === 0) return [{ path, kind: "changed", desired, live }];
  const kind = gone.length === 0 ? "added" : come.length === 0 ? "removed" : "changed";
  return [{ path, kind, desired: gone, live: come }];
}

/** Those of one list that are not in the other, counted. */
function without(list: readonly Json[], other: readonly Json[]): Json[] {
  const counts = new Map<string, number>();
  for (const one of other) {
    const text = canonicalText(one);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return list.filter((one) => {
    const text = canonicalText(one);
    const left = counts.get(text) ?? 0;
    counts.set(text, left - 1);
    return left <= 0;
  });
}
