/** Trees of values in which some are not known. */
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";
import { parsePointer } from "../../src/inventory/pointer.js";
import type { PropertyDoubt } from "../../src/engine/crossguard/pulumi-resource.js";

/** Stands where a value is not known, and says why. */
export class Doubtful {
  readonly doubt: PropertyDoubt;

  constructor(doubt: PropertyDoubt) {
    this.doubt = doubt;
  }
}

export type Value = null | boolean | number | string | Doubtful | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [key: string]: Value;
}

export function isValueObject(value: Value | undefined): value is ValueObject {
  return isObject(value) && !(value instanceof Doubtful);
}

/** What is not known, or could not be read, below a pointer into a resource (`/config`, `/tags`): pointers from there on. */
export function doubtsBelow(
  base: string,
  { resource, failures }: ScannedResource,
): (readonly [string, PropertyDoubt])[] {
  const unknown = resource.unknown.map(
    (pointer) => ({ kind: "unknown", pointer, message: "known after apply" }) as const,
  );
  const failed = failures.map(({ pointer, message }) => ({ kind: "failed", pointer, message }) as const);
  return [...unknown, ...failed]
    .filter(({ pointer }) => pointer === base || pointer.startsWith(`${base}/`))
    .map((doubt) => [doubt.pointer.slice(base.length), doubt] as const);
}

/** The values with doubts at their places, by JSON Pointer. What holds no doubt is not copied. */
export function withDoubts(values: JsonObject, doubts: readonly (readonly [string, PropertyDoubt])[]): Value {
  return doubts.reduce<Value>((tree, [at, doubt]) => doubted(tree, parsePointer(at), new Doubtful(doubt)), values);
}

/** More elements than any list of a configuration has; an index beyond makes the whole list doubtful. */
const mostElements = 10_000;

function doubted(tree: Value | undefined, path: readonly string[], doubtful: Doubtful): Value {
  const [key, ...rest] = path;
  if (key === undefined) return doubtful;
  if (tree instanceof Doubtful) return tree;
  if (Array.isArray(tree)) {
    const list = tree as readonly Value[];
    const at = /^(0|[1-9]\d{0,5})$/.test(key) ? Number(key) : mostElements + 1;
    if (at > mostElements) return doubtful;
    const copy = [...list, ...Array.from({ length: Math.max(0, at - list.length) }, (): Value => null)];
    copy[at] = doubted(list[at], rest, doubtful);
    return copy;
  }
  if (tree !== undefined && tree !== null && !isValueObject(tree)) return doubtful;
  const copy: { [key: string]: Value } = {};
  for (const [name, value] of Object.entries(tree ?? {})) setOwn(copy, name, value);
  setOwn(copy, key, doubted(own(tree ?? {}, key), rest, doubtful));
  return copy;
}

/** The first doubt inside a value, itself included. */
export function doubtIn(value: Value | undefined): Doubtful | undefined {
  if (value instanceof Doubtful) return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (const one of Object.values(value) as readonly Value[]) {
    const found = doubtIn(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The value, where no doubt is inside. */
export function certain(value: Value): Json | undefined {
  return doubtIn(value) === undefined ? (value as Json) : undefined;
}
