// Values that are not known, or not for sure. `Unknown` may be any value, or none at all; `Maybe` is a value or undefined;
// `OpenSet` has its sure elements, and perhaps others. They stand among Rego's values, also inside of arrays and objects.
import type { Cause } from "../engine.js";
import { BigNumber } from "./numbers.js";
import {
  equal,
  isArray,
  isObjectValue,
  objectEntries,
  objectGet,
  RegoObject,
  RegoSet,
  type ObjectValue,
  type Value,
} from "./values.js";

export type Causes = ReadonlySet<Cause>;
export const sure: Causes = new Set();

/** More are not named: a list of 50,000 unknown elements is one doubt to whoever reads it. */
const maxCauses = 64;

export function both(a: Causes, b: Causes): Causes {
  if (a.size === 0 || a === b) return b;
  if (b.size === 0) return a;
  if (a.size < maxCauses) return new Set([...a, ...b]);
  const failure = hasFailure(a) ? undefined : [...b].find((cause) => cause.failure !== null);
  return failure === undefined ? a : new Set([...a, failure]);
}

export function hasFailure(causes: Causes): boolean {
  for (const { failure } of causes) if (failure !== null) return true;
  return false;
}

export class Unknown {
  readonly causes: Causes;
  constructor(causes: Causes) {
    this.causes = causes;
  }
}

export class OpenSet {
  readonly elements: RegoSet;
  readonly causes: Causes;
  constructor(elements: RegoSet, causes: Causes) {
    this.elements = elements;
    this.causes = causes;
  }
}

/** A value, of which parts may be unknown. */
export type Abstract = Value | Unknown | OpenSet;

export class Maybe {
  readonly value: Abstract;
  readonly causes: Causes;
  constructor(value: Abstract, causes: Causes) {
    this.value = value;
    this.causes = causes;
  }
}

/** What a local can hold. */
export type Held = Abstract | Maybe | undefined;

/** All that the value's doubts come from; empty where it is known all through. */
export function causesIn(value: Held): Causes {
  if (typeof value !== "object" || value === null || value instanceof BigNumber) return sure;
  if (value instanceof Unknown) return value.causes;
  if (value instanceof OpenSet) return both(value.causes, causesOf(value.elements.values()));
  if (value instanceof Maybe) return both(value.causes, causesIn(value.value));
  if (isArray(value)) return causesOf(value);
  if (value instanceof RegoSet) return causesOf(value.values());
  return causesOf(objectEntries(value).flat());
}

function causesOf(values: Iterable<Abstract>): Causes {
  let causes = sure;
  for (const value of values) if (typeof value === "object") causes = both(causes, causesIn(value));
  return causes;
}

/** True, false, or what it depends on. */
export type Answer = boolean | Causes;

/** Whether two values are equal, whatever their unknown parts are. */
export function equalForSure(a: Abstract, b: Abstract): Answer {
  const causes = both(causesIn(a), causesIn(b));
  if (causes.size === 0) return equal(a as Value, b as Value);
  return surelyDiffer(a, b) ? false : causes;
}

function surelyDiffer(a: Abstract, b: Abstract): boolean {
  if (a instanceof Unknown || b instanceof Unknown) return false;
  const [left, right] = [setElements(a), setElements(b)];
  if (left !== null || right !== null) return left === null || right === null;
  if (isArray(a as Value) || isArray(b as Value)) return arraysDiffer(a as Value, b as Value);
  if (isObjectValue(a as Value) && isObjectValue(b as Value)) return objectsDiffer(a as ObjectValue, b as ObjectValue);
  return !equal(a as Value, b as Value);
}

function setElements(value: Abstract): RegoSet | null {
  if (value instanceof OpenSet) return value.elements;
  return value instanceof RegoSet ? value : null;
}

/** An unknown element may be missing: then the lengths mean nothing. */
function arraysDiffer(a: Value, b: Value): boolean {
  if (!isArray(a) || !isArray(b)) return true;
  if ([...a, ...b].some((item) => (item as Abstract) instanceof Unknown)) return false;
  return a.length !== b.length || a.some((item, at) => surelyDiffer(item, b[at] as Value));
}

function objectsDiffer(a: ObjectValue, b: ObjectValue): boolean {
  return fieldsDiffer(a, b) || fieldsDiffer(b, a);
}

function fieldsDiffer(a: ObjectValue, b: ObjectValue): boolean {
  return objectEntries(a).some(([key, value]) => {
    if ((value as Abstract) instanceof Unknown || causesIn(key).size > 0) return false;
    const other = objectGet(b, key);
    return other === undefined
      ? causesOf(objectEntries(b).map(([name]) => name)).size === 0
      : surelyDiffer(value, other);
  });
}

/** Whether the collection has the value. */
export function memberForSure(value: Abstract, collection: Abstract): Answer {
  if (collection instanceof Unknown) return collection.causes;
  const items = collection instanceof OpenSet ? collection.elements.values() : elementsOf(collection);
  let causes = collection instanceof OpenSet ? collection.causes : sure;
  for (const item of items) {
    const answer = equalForSure(item, value);
    if (answer === true) return true;
    if (answer !== false) causes = both(causes, answer);
  }
  return causes.size === 0 ? false : causes;
}

function elementsOf(collection: Value): Iterable<Value> {
  if (isArray(collection)) return collection;
  if (collection instanceof RegoSet) return collection.values();
  return isObjectValue(collection) ? objectEntries(collection).map(([, value]) => value) : [];
}

/** What holds of a local after two ways came together, for the causes that decide between them. */
export function join(a: Held, b: Held, causes: Causes): Held {
  if (a === b) return a;
  if (a === undefined)
    return b instanceof Maybe ? new Maybe(b.value, both(b.causes, causes)) : new Maybe(b as Abstract, causes);
  if (b === undefined) return join(b, a, causes);
  if (a instanceof Maybe || b instanceof Maybe) return joinMaybe(a, b, causes);
  const [left, right] = [setElements(a), setElements(b)];
  if (left !== null && left === right) return new OpenSet(left, both(causes, both(openCauses(a), openCauses(b))));
  if (equalForSure(a, b) === true) return a;
  return new Unknown(both(causes, both(causesIn(a), causesIn(b))));
}

function openCauses(value: Abstract): Causes {
  return value instanceof OpenSet ? value.causes : sure;
}

function joinMaybe(a: Abstract | Maybe, b: Abstract | Maybe, causes: Causes): Held {
  const all = both(causes, both(a instanceof Maybe ? a.causes : sure, b instanceof Maybe ? b.causes : sure));
  const value = join(a instanceof Maybe ? a.value : a, b instanceof Maybe ? b.value : b, causes);
  return new Maybe(value as Abstract, all);
}

/** Unknown places of a document by the segments of their pointers. */
export type UnknownPlaces = Unknown | Map<string, UnknownPlaces>;

export function unknownPlaces(causes: readonly (readonly [path: readonly string[], cause: Cause])[]): UnknownPlaces {
  let root: UnknownPlaces = new Map();
  for (const [path, cause] of causes) root = withPlace(root, path, 0, new Unknown(new Set([cause])));
  return root;
}

function withPlace(places: UnknownPlaces, path: readonly string[], at: number, unknown: Unknown): UnknownPlaces {
  const segment = path[at];
  if (places instanceof Unknown) return places;
  if (segment === undefined) return unknown;
  places.set(segment, withPlace(places.get(segment) ?? new Map(), path, at + 1, unknown));
  return places;
}

/** A copy of the document in which the values at the places are unknown. */
export function withUnknown(document: Value, places: UnknownPlaces): Abstract {
  if (places instanceof Unknown || places.size === 0) return places instanceof Unknown ? places : document;
  if (isArray(document)) return arrayWithUnknown(document, places);
  if (!isObjectValue(document)) return anyOf(places);
  const copy = RegoObject.of(objectEntries(document));
  for (const [segment, inner] of places) {
    const value = objectGet(document, segment);
    copy.set(segment, (value === undefined ? anyOf(inner) : withUnknown(value, inner)) as Value);
  }
  return copy;
}

/** An element that is not there, or not named by its number, makes all of the array unknown. */
function arrayWithUnknown(items: readonly Value[], places: Map<string, UnknownPlaces>): Abstract {
  const copy = [...items];
  for (const [segment, inner] of places) {
    const at = /^(0|[1-9]\d*)$/.test(segment) ? Number(segment) : -1;
    const item = items[at];
    if (item === undefined) return anyOf(places);
    copy[at] = withUnknown(item, inner) as Value;
  }
  return copy;
}

function anyOf(places: UnknownPlaces): Unknown {
  if (places instanceof Unknown) return places;
  return new Unknown([...places.values()].map((inner) => anyOf(inner).causes).reduce(both, sure));
}
