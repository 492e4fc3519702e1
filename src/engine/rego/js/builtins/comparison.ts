import { compare, equal, isSet, type Value } from "../values.js";
import { dot, member } from "../runtime.js";
import type { Builtins } from "./builtin.js";

export const comparisonBuiltins: Builtins = {
  eq: (a: Value, b: Value) => equal(a, b),
  equal: (a: Value, b: Value) => equal(a, b),
  neq: (a: Value, b: Value) => !equal(a, b),
  lt: (a: Value, b: Value) => compare(a, b) < 0,
  lte: (a: Value, b: Value) => compare(a, b) <= 0,
  gt: (a: Value, b: Value) => compare(a, b) > 0,
  gte: (a: Value, b: Value) => compare(a, b) >= 0,
  "internal.member_2": (value: Value, collection: Value) => member(value, collection),
  "internal.member_3": (key: Value, value: Value, collection: Value) =>
    isSet(collection) ? collection.has(key) && equal(key, value) : equal(dot(collection, key), value),
};
