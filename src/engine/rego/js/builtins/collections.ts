// Functions over arrays, sets and objects.
import { isInteger, multiply, sum, type RegoNumber } from "../numbers.js";
import {
  compare,
  isArray,
  isNumber,
  isObjectValue,
  isSet,
  objectEntries,
  objectGet,
  objectSize,
  RegoObject,
  RegoSet,
  sortedEntries,
  typeName,
  type ObjectValue,
  type Value,
} from "../values.js";
import { dot } from "../runtime.js";
import {
  arrayOperand,
  BuiltinError,
  elementsOperand,
  integerOperand,
  objectOperand,
  setOperand,
  wrongOperand,
  type BuiltinContext,
  type Builtins,
} from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export function collectionBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const { charge } = context;
  const opaProduct = opaBuiltin("product", context);
  return {
    ...aggregates,
    product: (a: Value) => {
      const numbers = numbersIn(a);
      // Of fractions OPA computes it with 53 bits, of other numbers exactly.
      return numbers.every(isInteger) ? numbers.reduce(multiply, 1) : opaProduct(a);
    },
    "array.concat": (a: Value, b: Value) => {
      const [first, second] = [arrayOperand(a, 1), arrayOperand(b, 2)];
      charge(8 * (first.length + second.length));
      return [...first, ...second];
    },
    "array.slice": (a: Value, from: Value, to: Value) => {
      const array = arrayOperand(a, 1);
      const [start, stop] = [integerOperand(from, 2), integerOperand(to, 3)];
      const end = Math.min(Math.max(stop, 0), array.length);
      return array.slice(Math.min(Math.max(start, 0), end), end);
    },
    "array.reverse": (a: Value) => [...arrayOperand(a, 1)].reverse(),
    "array.flatten": (a: Value) => arrayOperand(a, 1).flatMap((item) => (isArray(item) ? item : [item])),
    and: (a: Value, b: Value) => intersection(setOperand(a, 1), setOperand(b, 2)),
    or: (a: Value, b: Value) => {
      const [first, second] = [setOperand(a, 1), setOperand(b, 2)];
      charge(64 * (first.size + second.size));
      return union([first, second]);
    },
    set_diff: (a: Value, b: Value) => {
      const [first, second] = [setOperand(a, 1), setOperand(b, 2)];
      return RegoSet.of([...first.values()].filter((value) => !second.has(value)));
    },
    intersection: (a: Value) => {
      const [first, ...others] = setsIn(a);
      return others.reduce(intersection, first ?? new RegoSet());
    },
    union: (a: Value) => {
      const sets = setsIn(a);
      charge(64 * sets.reduce((sum, { size }) => sum + size, 0));
      return union(sets);
    },
    "object.get": objectGetPath,
    "object.keys": (a: Value) => RegoSet.of(objectEntries(objectOperand(a, 1)).map(([key]) => key)),
    "object.remove": (a: Value, b: Value) => {
      const [object, keys] = [objectOperand(a, 1), keysOperand(b)];
      return RegoObject.of(objectEntries(object).filter(([key]) => !keys.has(key)));
    },
    "object.filter": (a: Value, b: Value) => {
      const [object, keys] = [objectOperand(a, 1), keysOperand(b)];
      return RegoObject.of(objectEntries(object).filter(([key]) => keys.has(key)));
    },
    "object.union": (a: Value, b: Value) => {
      const [first, second] = [objectOperand(a, 1), objectOperand(b, 2)];
      charge(96 * (objectSize(first) + objectSize(second)));
      return merged(first, second);
    },
    walk: (a: Value) => walk(a, charge),
  };
}

const aggregates: Builtins = {
  count: (a: Value) => {
    if (isArray(a)) return a.length;
    if (isSet(a)) return a.size;
    if (typeof a === "string") return codePoints(a);
    return isObjectValue(a) ? objectSize(a) : wrongOperand(1, a, "array", "object", "set", "string");
  },
  sum: (a: Value) => sum(numbersIn(a)),
  max: (a: Value) =>
    elementsOf(a).reduce<Value | undefined>(
      (best, item) => (best === undefined || compare(best, item) <= 0 ? item : best),
      undefined,
    ),
  min: (a: Value) =>
    elementsOf(a).reduce<Value | undefined>(
      (best, item) => (best === undefined || compare(best, item) >= 0 ? item : best),
      undefined,
    ),
  sort: (a: Value) => (isSet(a) ? a.sorted() : [...elementsOf(a)].sort(compare)),
  all: (a: Value) => elementsOperand(a, 1).every((item) => item === true),
  any: (a: Value) => elementsOperand(a, 1).some((item) => item === true),
};

function elementsOf(value: Value): readonly Value[] {
  if (isArray(value)) return value;
  return isSet(value) ? value.sorted() : wrongOperand(1, value, "set", "array");
}

function numbersIn(value: Value): readonly RegoNumber[] {
  return elementsOf(value).map((item) => {
    if (isNumber(item)) return item;
    throw new BuiltinError(
      `operand 1 must be ${typeName(value)} of numbers but got ${typeName(value)} containing ${typeName(item)}`,
      "eval_type_error",
    );
  });
}

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // The second half of a pair is counted with the first.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) at++;
    count++;
  }
  return count;
}

function setsIn(value: Value): RegoSet[] {
  return setOperand(value, 1)
    .sorted()
    .map((item) => setOperand(item, 1));
}

function intersection(a: RegoSet, b: RegoSet): RegoSet {
  return RegoSet.of([...a.values()].filter((value) => b.has(value)));
}

function union(sets: readonly RegoSet[]): RegoSet {
  const result = new RegoSet();
  for (const set of sets) for (const value of set.values()) result.add(value);
  return result;
}

/** The key may be a path through objects and arrays. */
function objectGetPath(object: Value, key: Value, otherwise: Value): Value {
  const root = objectOperand(object, 1);
  if (!isArray(key)) return objectGet(root, key) ?? otherwise;
  let value: Value | undefined = root;
  for (const part of key) {
    value = dot(value, part);
    if (value === undefined) return otherwise;
  }
  return value ?? otherwise;
}

function keysOperand(value: Value): RegoSet {
  if (isSet(value)) return value;
  if (isArray(value)) return RegoSet.of(value);
  if (isObjectValue(value)) return RegoSet.of(objectEntries(value).map(([key]) => key));
  return wrongOperand(2, value, "object", "set", "array");
}

/** Of both objects; where both have a key the second's value, or both where these are objects. */
function merged(a: ObjectValue, b: ObjectValue): ObjectValue {
  const result = RegoObject.of(objectEntries(a));
  for (const [key, value] of objectEntries(b)) {
    const before = result.get(key);
    result.set(key, isObjectValue(before) && isObjectValue(value) ? merged(before, value) : value);
  }
  return result;
}

/** Every value at and below, with its path. */
function walk(root: Value, charge: (bytes: number) => void): Value {
  const found: Value[] = [];
  const visit = (path: readonly Value[], value: Value): void => {
    charge(64 + 8 * path.length);
    found.push([path, value]);
    for (const [key, item] of childrenOf(value)) visit([...path, key], item);
  };
  visit([], root);
  return found;
}

function childrenOf(value: Value): Iterable<readonly [Value, Value]> {
  if (isArray(value)) return value.entries();
  if (isSet(value)) return value.sorted().map((item) => [item, item] as const);
  return isObjectValue(value) ? sortedEntries(value) : [];
}
