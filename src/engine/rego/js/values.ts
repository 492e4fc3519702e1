// Rego's values as the js engine has them. JSON that comes in is used as it is: null, booleans, strings, arrays and plain
// objects are JavaScript's own. Sets, objects whose keys are not all known when they are made, and numbers that JavaScript
// cannot hold have classes. Rego's undefined is JavaScript's.
import { isObject, setOwn, type Json } from "../../../json.js";
import { BigNumber, compareNumbers, numberToText, parseNumber, type RegoNumber } from "./numbers.js";

export type Value = null | boolean | string | RegoNumber | readonly Value[] | PlainObject | RegoObject | RegoSet;
/** An object of strings to values whose own enumerable properties are its keys, whatever its prototype. */
export interface PlainObject {
  readonly [key: string]: Value;
}

/** What stands for a value in a Map: equal values have the same key, others another. */
type Key = string | number | boolean | null;

const mark = "\u0000";

export function keyOf(value: Value): Key {
  if (typeof value === "string") return value.startsWith(mark) ? `${mark}s${value}` : value;
  if (typeof value !== "object" || value === null) return value;
  return mark + canonical(value);
}

/** A text that equal values share, and others do not. */
function canonical(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof BigNumber) return `${value.digits}e${value.exponent}`;
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(canonical).join(",")}]`;
  if (value instanceof RegoSet) return `<${[...value.values()].map(canonical).sort().join(",")}>`;
  const entries = objectEntries(value as ObjectValue).map(([key, item]) => `${canonical(key)}:${canonical(item)}`);
  return `{${entries.sort().join(",")}}`;
}

const none: Value[] = [];
/** Up to here, looking at each element is faster than hashing. */
const smallSet = 8;

/** A set. Nothing is made before the first element arrives, and nothing hashed while it is small. */
export class RegoSet {
  #items: Value[] = none;
  #index: Map<Key, Value> | null = null;
  #sorted: readonly Value[] | null = null;

  static of(values: Iterable<Value>): RegoSet {
    const set = new RegoSet();
    for (const value of values) set.add(value);
    return set;
  }

  get size(): number {
    return this.#items.length;
  }

  add(value: Value): void {
    if (this.#items === none) {
      this.#items = [value];
      return;
    }
    if (this.has(value)) return;
    this.#items.push(value);
    this.#sorted = null;
    if (this.#index !== null) this.#index.set(keyOf(value), value);
    else if (this.#items.length > smallSet) this.#index = new Map(this.#items.map((item) => [keyOf(item), item]));
  }

  has(value: Value): boolean {
    if (this.#index !== null) return this.#index.has(keyOf(value));
    for (const item of this.#items) if (item === value || equal(item, value)) return true;
    return false;
  }

  /** In no order that means anything. */
  values(): readonly Value[] {
    return this.#items;
  }

  /** In OPA's order. */
  sorted(): readonly Value[] {
    if (this.#items.length < 2) return this.#items;
    return (this.#sorted ??= [...this.#items].sort(compare));
  }
}

/** An object with keys of any kind. */
export class RegoObject {
  readonly #entries = new Map<Key, readonly [Value, Value]>();

  static of(entries: Iterable<readonly [Value, Value]>): RegoObject {
    const object = new RegoObject();
    for (const [key, value] of entries) object.set(key, value);
    return object;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  set(key: Value, value: Value): void {
    this.#entries.set(keyOf(key), [key, value]);
  }

  delete(key: Value): void {
    this.#entries.delete(keyOf(key));
  }

  entries(): Iterable<readonly [Value, Value]> {
    return this.#entries.values();
  }
}

export type ObjectValue = PlainObject | RegoObject;

export function isNumber(value: Value | undefined): value is RegoNumber {
  return typeof value === "number" || value instanceof BigNumber;
}

export function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isSet(value: Value | undefined): value is RegoSet {
  return value instanceof RegoSet;
}

export function isObjectValue(value: Value | undefined): value is ObjectValue {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof RegoSet) &&
    !(value instanceof BigNumber)
  );
}

export function objectGet(object: ObjectValue, key: Value): Value | undefined {
  if (object instanceof RegoObject) return object.get(key);
  return typeof key === "string" && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function objectSize(object: ObjectValue): number {
  return object instanceof RegoObject ? object.size : Object.keys(object).length;
}

/** In no order that means anything. */
export function objectEntries(object: ObjectValue): (readonly [Value, Value])[] {
  if (object instanceof RegoObject) return [...object.entries()];
  return Object.keys(object).map((key) => [key, object[key] as Value] as const);
}

/** In OPA's order, which is that of the keys. */
export function sortedEntries(object: ObjectValue): (readonly [Value, Value])[] {
  if (object instanceof RegoObject) return inOrder([...object.entries()]);
  return sortedKeys(object).map((key) => [key, object[key] as Value] as const);
}

/** They mostly are already. */
function inOrder(entries: (readonly [Value, Value])[]): (readonly [Value, Value])[] {
  const compareKeys = (a: readonly [Value, Value], b: readonly [Value, Value]): number => compare(a[0], b[0]);
  const isUnsorted = entries.some((entry, at) => at > 0 && compareKeys(entries[at - 1] ?? entry, entry) > 0);
  return isUnsorted ? entries.sort(compareKeys) : entries;
}

export function sortedKeys(object: PlainObject): string[] {
  const keys = Object.keys(object);
  for (let at = 1; at < keys.length; at++) {
    if (compareStrings(keys[at - 1] as string, keys[at] as string) > 0) return keys.sort(compareStrings);
  }
  return keys;
}

export type TypeName = "null" | "boolean" | "number" | "string" | "array" | "object" | "set";

export function typeName(value: Value): TypeName {
  if (value === null) return "null";
  const kind = typeof value;
  if (kind !== "object") return kind as "boolean" | "number" | "string";
  if (Array.isArray(value)) return "array";
  if (value instanceof RegoSet) return "set";
  return value instanceof BigNumber ? "number" : "object";
}

const order: Record<TypeName, number> = { null: 0, boolean: 1, number: 2, string: 3, array: 4, object: 5, set: 6 };

/** OPA's order over all values: below 0, 0 or above 0. */
export function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  const kind = typeName(a);
  const apart = order[kind] - order[typeName(b)];
  if (apart !== 0) return apart;
  switch (kind) {
    case "boolean":
      return a === false ? -1 : 1;
    case "number":
      return compareNumbers(a as RegoNumber, b as RegoNumber);
    case "array":
      return compareLists(a as readonly Value[], b as readonly Value[]);
    case "set":
      return compareLists((a as RegoSet).sorted(), (b as RegoSet).sorted());
    case "object":
      return compareObjects(a as ObjectValue, b as ObjectValue);
    default:
      return 0;
  }
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const result = compare(a[at] as Value, b[at] as Value);
    if (result !== 0) return result;
  }
  return a.length - b.length;
}

/** Key by key, in the order of the keys: the keys first, then what they have. */
function compareObjects(a: ObjectValue, b: ObjectValue): number {
  if (!(a instanceof RegoObject) && !(b instanceof RegoObject)) return comparePlain(a, b);
  const [left, right] = [sortedEntries(a), sortedEntries(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [key, value] = left[at] as readonly [Value, Value];
    const [otherKey, otherValue] = right[at] as readonly [Value, Value];
    const result = compare(key, otherKey) || compare(value, otherValue);
    if (result !== 0) return result;
  }
  return left.length - right.length;
}

function comparePlain(a: PlainObject, b: PlainObject): number {
  const [left, right] = [sortedKeys(a), sortedKeys(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [key, otherKey] = [left[at] as string, right[at] as string];
    const result = compareStrings(key, otherKey) || compare(a[key] as Value, b[otherKey] as Value);
    if (result !== 0) return result;
  }
  return left.length - right.length;
}

/** By code points, as Go's bytes compare; JavaScript's `<` puts surrogates before U+E000. */
export function compareStrings(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    if (x < 0xd800 || y < 0xd800) return x - y;
    return rankOfUnit(x) - rankOfUnit(y);
  }
  return a.length - b.length;
}

function rankOfUnit(unit: number): number {
  return unit >= 0xe000 ? unit : unit + 0x10000;
}

export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a as readonly Value[], b as readonly Value[]);
  if (a instanceof RegoSet) return b instanceof RegoSet && equalSets(a, b);
  if (a instanceof BigNumber) return b instanceof BigNumber && a.digits === b.digits && a.exponent === b.exponent;
  return isObjectValue(b) && equalObjects(a as ObjectValue, b);
}

function equalArrays(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!equal(a[at], b[at])) return false;
  return true;
}

function equalSets(a: RegoSet, b: RegoSet): boolean {
  if (a.size !== b.size) return false;
  for (const value of a.values()) if (!b.has(value)) return false;
  return true;
}

function equalPlain(a: PlainObject, b: PlainObject): boolean {
  const keys = Object.keys(a);
  for (const key of keys) {
    if (!Object.hasOwn(b, key) || !equal(a[key], b[key])) return false;
  }
  return keys.length === Object.keys(b).length;
}

function equalObjects(a: ObjectValue, b: ObjectValue): boolean {
  if (!(a instanceof RegoObject) && !(b instanceof RegoObject)) return equalPlain(a, b);
  if (objectSize(a) !== objectSize(b)) return false;
  for (const [key, value] of objectEntries(a)) if (!equal(value, objectGet(b, key))) return false;
  return true;
}

/**
 * The value as plain JSON: sets as arrays in OPA's order, keys that are no strings as their JSON text, numbers as
 * JavaScript has them (the only loss: `toJsonText` has none).
 */
export function toJson(value: Value): Json {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof BigNumber) return Number(value.toString());
  if (isArray(value)) return value.map(toJson);
  if (value instanceof RegoSet) return value.sorted().map(toJson);
  const object: { [key: string]: Json } = {};
  if (value instanceof RegoObject) {
    for (const [key, item] of value.entries()) setOwn(object, keyText(key), toJson(item));
  } else {
    for (const key of Object.keys(value)) setOwn(object, key, toJson(value[key] as Value));
  }
  return object;
}

/** The value as JSON text, exact, with keys in OPA's order. Every answer of the service goes through it: no lists in between. */
export function toJsonText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (isNumber(value)) return numberToText(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isArray(value)) return arrayText(value);
  if (value instanceof RegoSet) return arrayText(value.sorted());
  return value instanceof RegoObject ? regoObjectText(value) : plainObjectText(value);
}

function arrayText(items: readonly Value[]): string {
  let text = "[";
  for (let at = 0; at < items.length; at++) text += (at === 0 ? "" : ",") + toJsonText(items[at] as Value);
  return `${text}]`;
}

function plainObjectText(object: PlainObject): string {
  let text = "{";
  for (const key of sortedKeys(object)) text += memberText(text, key, object[key] as Value);
  return `${text}}`;
}

function regoObjectText(object: RegoObject): string {
  let text = "{";
  for (const [key, value] of sortedEntries(object)) text += memberText(text, keyText(key), value);
  return `${text}}`;
}

function memberText(before: string, key: string, value: Value): string {
  return `${before.length === 1 ? "" : ","}${JSON.stringify(key)}:${toJsonText(value)}`;
}

export function keyText(key: Value): string {
  return typeof key === "string" ? key : toJsonText(key);
}

/** A number literal that JSON.parse could round: sixteen digits, or an exponent. */
const maybeInexact = /\d[\d.]{15}|\d[eE]/;

/** JSON text as a value, every number exact. Throws SyntaxError. */
export function parseJson(text: string): Value {
  const plain = JSON.parse(text) as Value;
  return maybeInexact.test(text) ? new ExactReader(text).read() : plain;
}

/** Reads text that JSON.parse has accepted. */
class ExactReader {
  readonly #tokens: RegExp = /\s*(?:([[\]{},:])|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null))/y;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Value {
    return this.#value(this.#next());
  }

  #next(): string {
    const match = this.#tokens.exec(this.#text);
    if (match === null) throw new SyntaxError("expected JSON");
    return match[1] ?? match[2] ?? match[3] ?? match[4] ?? "";
  }

  #value(token: string): Value {
    if (token === "[") return this.#array();
    if (token === "{") return this.#object();
    if (/^[-\d]/.test(token)) return exactNumber(token);
    return JSON.parse(token) as Value;
  }

  #array(): Value {
    const items: Value[] = [];
    for (let token = this.#next(); token !== "]"; token = this.#next()) {
      if (token !== ",") items.push(this.#value(token));
    }
    return items;
  }

  #object(): Value {
    const object: { [key: string]: Value } = {};
    for (let token = this.#next(); token !== "}"; token = this.#next()) {
      if (token === ",") continue;
      this.#next(); // the colon
      setOwn(object, JSON.parse(token) as string, this.#value(this.#next()));
    }
    return object;
  }
}

function exactNumber(text: string): Value {
  const number = parseNumber(text);
  if (number === undefined) throw new SyntaxError(`the number ${text.slice(0, 20)}... is too large`);
  return number;
}

/** True for what JSON.parse gives, checked all the way down; `depth` bounds the nesting. */
export function isJsonValue(value: unknown, depth = 2_000): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, depth - 1));
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return Object.keys(value).every((key) => isJsonValue((value as Record<string, unknown>)[key], depth - 1));
}
