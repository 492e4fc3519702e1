// What of a configuration the desired state can say. The rest is the provider's, or somebody else's, and is not compared.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { parsePointer } from "../pointer.js";
import type { Coverage } from "./drift.js";

/** Only what is covered; of lists, in each element. */
export function covered(config: JsonObject, coverage: Coverage): JsonObject {
  const kept = coveredValue(config, coverage);
  return isObject(kept) ? kept : {};
}

function coveredValue(value: Json, coverage: Coverage): Json {
  if (coverage === "all") return value;
  if (Array.isArray(value)) {
    const members = keyed(value, coverage);
    return members === null
      ? (value as readonly Json[]).map((one) => coveredValue(one, coverage))
      : coveredValue(members, coverage);
  }
  if (!isObject(value)) return value;
  const kept: { [key: string]: Json } = {};
  for (const [key, one] of Object.entries(value)) {
    const inside = own(coverage, key);
    if (inside !== undefined) setOwn(kept, key, coveredValue(one, inside));
  }
  return kept;
}

/** `[{Key, Value}]` where what is covered are keys: as an object. */
function keyed(list: readonly Json[], coverage: Coverage): JsonObject | null {
  if (coverage === "all" || Object.hasOwn(coverage, "Key") || list.length === 0) return null;
  const members: { [key: string]: Json } = {};
  for (const one of list) {
    const [key, value] = isObject(one) ? [own(one, "Key"), own(one, "Value")] : [];
    if (typeof key !== "string" || value === undefined) return null;
    setOwn(members, key, value);
  }
  return members;
}

/** What either of them covers. */
export function bothCovered(a: Coverage, b: Coverage): Coverage {
  if (a === "all" || b === "all") return "all";
  const both: { [property: string]: Coverage } = {};
  for (const [key, value] of Object.entries(a)) setOwn(both, key, value);
  for (const [key, value] of Object.entries(b)) {
    const other = own(both, key);
    setOwn(both, key, other === undefined ? value : bothCovered(other, value));
  }
  return both;
}

/** Whether anything at the place of a resource (`/config/A`, `/tags`) is compared. */
export function covers(coverage: Coverage, path: string): boolean {
  const [root, ...rest] = parsePointer(path);
  if (root !== "config") return root === "tags";
  let at = coverage;
  for (const segment of rest) {
    if (at === "all") return true;
    const inside = own(at, segment);
    if (inside === undefined) return false;
    at = inside;
  }
  return true;
}

/** Without the properties at these places (`A/B`). */
export function lessCovered(coverage: Coverage, places: readonly string[]): Coverage {
  return places.reduce((left, place) => lessOne(left, place.split("/")), coverage);
}

function lessOne(coverage: Coverage, [key, ...rest]: readonly string[]): Coverage {
  if (coverage === "all" || key === undefined) return coverage;
  const less: { [property: string]: Coverage } = {};
  for (const [name, inside] of Object.entries(coverage)) {
    if (name !== key) setOwn(less, name, inside);
    else if (rest.length > 0) setOwn(less, name, lessOne(inside, rest));
  }
  return less;
}
