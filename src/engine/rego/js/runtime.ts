// What translated policies call: the parts of Rego that are no single JavaScript expression.
import { RegoError } from "../engine.js";
import { numberToText, parseNumber } from "./numbers.js";
import {
  compare,
  equal,
  isArray,
  isNumber,
  isObjectValue,
  objectEntries,
  objectGet,
  objectSize,
  RegoObject,
  RegoSet,
  sortedEntries,
  sortedKeys,
  type ObjectValue,
  type PlainObject,
  type Value,
} from "./values.js";

/** What one evaluation may use. Bytes are an estimate of what it makes, kept or not. */
export interface Budget {
  readonly steps: number;
  readonly bytes: number;
}

/** Bytes that one more element takes, with what it is found by. */
const sizes = { listed: 24, inSet: 200, keyed: 300 };

export const defaultBudget: Budget = { steps: 50_000_000, bytes: 512 * 1024 * 1024 };

/** The state of an evaluation that translated code and functions share. */
export class Meter {
  /** What is left; translated code counts down. */
  steps = 0;
  bytes = 0;
  /** Names the answers that are valid now: rules are computed once for each input, data and `with`. */
  generation = 0;
  lastGeneration = 0;
  /** The same for rules that read nothing but data. */
  dataGeneration = 0;
  data: Value | undefined = undefined;
  /** Where the last call of a function was, for its error: kept where errors are strict. */
  place: readonly [file: number, row: number, column: number] | null = null;
  /** Lines that ran, by the numbers that translation gave them; only where coverage was asked for. */
  covered: Uint8Array = new Uint8Array(0);

  charge(bytes: number, steps = 0): void {
    this.bytes -= bytes;
    if ((this.steps -= steps) < 0) this.exhausted();
    if (this.bytes < 0) throw new RegoError("eval_cancel_error", "the policy used up its budget of memory");
  }

  exhausted(): never {
    throw new RegoError("eval_cancel_error", "the policy used up its budget of steps");
  }
}

export function newRuntime(meter: Meter, files: readonly string[]) {
  const conflict = (message: string, file: number, row: number, column: number): never => {
    throw new RegoError("eval_conflict_error", message, { location: { file: files[file] ?? "", row, column } });
  };
  return {
    RegoSet,
    RegoObject,
    emptySet: new RegoSet(),
    equal,
    compare,
    dot,
    dotData,
    miss,
    member,
    scanKeys,
    valueAt,
    length,
    merge,
    upsert,
    isObject: isObjectValue,
    dynamic,
    number: parseNumber,
    /** A text that was put together. */
    made: (text: string | number): string => {
      const made = String(text);
      meter.charge(2 * made.length);
      return made;
    },
    append: (array: Value[], value: Value): void => {
      meter.charge(sizes.listed);
      array.push(value);
    },
    insert: (object: RegoObject, key: Value, value: Value): void => {
      meter.charge(sizes.keyed);
      object.set(key, value);
    },
    insertOnce: (object: RegoObject, key: Value, value: Value, file: number, row: number, column: number): void => {
      const before = object.get(key);
      if (before !== undefined && !equal(before, value)) {
        conflict("object keys must be unique", file, row, column);
      }
      meter.charge(sizes.keyed);
      object.set(key, value);
    },
    /** The set with the value: another one where it was the empty set, which all share. */
    add: (set: RegoSet, value: Value, empty: RegoSet): RegoSet => {
      meter.charge(sizes.inSet);
      const target = set === empty ? new RegoSet() : set;
      target.add(value);
      return target;
    },
    conflictingValues: (file: number, row: number, column: number): never =>
      conflict("complete rules must not produce multiple outputs", file, row, column),
  };
}

export type Runtime = ReturnType<typeof newRuntime>;

/** `source[key]`, undefined where there is none. */
export function dot(source: Value | undefined, key: Value | undefined): Value | undefined {
  if (typeof source !== "object" || source === null || key === undefined) return undefined;
  if (isArray(source)) return typeof key === "number" && Number.isInteger(key) ? source[key] : undefined;
  if (source instanceof RegoSet) return source.has(key) ? key : undefined;
  return isObjectValue(source) ? objectGet(source, key) : undefined;
}

/** `source[key]` where JavaScript's own access found nothing: it may still be in an object or a set of ours. */
export function miss(source: Value | undefined, key: string): Value | undefined {
  if (source instanceof RegoObject) return source.get(key);
  return source instanceof RegoSet && source.has(key) ? key : undefined;
}

/** The same below `data`, where `data.ports[80]` also finds what JSON calls "80". */
export function dotData(source: Value | undefined, key: Value | undefined): Value | undefined {
  const found = dot(source, key);
  return found === undefined && isNumber(key) && isObjectValue(source) ? objectGet(source, numberToText(key)) : found;
}

/** `value in collection`. */
export function member(value: Value, collection: Value): boolean {
  if (collection instanceof RegoSet) return collection.has(value);
  if (isArray(collection)) return collection.some((item) => equal(item, value));
  return isObjectValue(collection) && objectEntries(collection).some(([, item]) => equal(item, value));
}

const nothing: readonly Value[] = [];

/** What a scan goes through: the elements of a set, the keys of an object; nothing for a scalar. Not for arrays. */
export function scanKeys(source: Value | undefined, ordered: boolean): readonly Value[] {
  if (source instanceof RegoSet) return ordered ? source.sorted() : source.values();
  if (source instanceof RegoObject)
    return (ordered ? sortedEntries(source) : [...source.entries()]).map(([key]) => key);
  if (!isObjectValue(source)) return nothing;
  return ordered ? sortedKeys(source) : Object.keys(source);
}

/** The value that belongs to a key of `scanKeys`. */
export function valueAt(source: Value, key: Value): Value {
  if (source instanceof RegoSet) return key;
  if (source instanceof RegoObject) return source.get(key) as Value;
  return (source as PlainObject)[key as string] as Value;
}

/** How many elements, keys or (of a string) characters; undefined for other scalars. */
export function length(value: Value | undefined): number | undefined {
  if (typeof value === "string") return Array.from(value).length;
  if (isArray(value)) return value.length;
  if (value instanceof RegoSet) return value.size;
  return isObjectValue(value) ? objectSize(value) : undefined;
}

/** The two documents as one: base data below rules, rules first where both have a value. */
export function merge(a: Value | undefined, b: Value | undefined): Value | undefined {
  if (a === undefined) return b;
  if (!isObjectValue(a) || !isObjectValue(b)) return a;
  const merged = copyOf(a);
  for (const [key, value] of objectEntries(b)) merged.set(key, merge(objectGet(a, key), value) as Value);
  return merged;
}

/** A copy of `root` with `value` at the path; what is in the way of the path is replaced. */
export function upsert(root: Value | undefined, path: readonly string[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = isObjectValue(root) ? copyOf(root) : new RegoObject();
  copy.set(key, upsert(copy.get(key), rest, value));
  return copy;
}

function copyOf(object: ObjectValue): RegoObject {
  return RegoObject.of(objectEntries(object));
}

/** The rule that a computed path names. */
export function dynamic<T>(rules: ReadonlyMap<string, T>, path: readonly (Value | undefined)[]): T | undefined {
  return path.every((part) => typeof part === "string") ? rules.get(JSON.stringify(path)) : undefined;
}
