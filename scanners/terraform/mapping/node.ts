/**
 * Values of the provider's schema on the way to a resource: each carries the place that it came from and whether it
 * is known, so that unknown pointers, failures and locations follow from the value itself and cannot be forgotten.
 */
import { isObject, own, setOwn, type Json } from "../../../src/json.js";
import { pointer } from "../../../src/inventory/pointer.js";
import type { PropertyFailure } from "../../../src/inventory/scan-item.js";
import { items, keys, child, isUnknown, type Argument } from "./argument.js";
import type { EvaluatedResource } from "../evaluated.js";

export interface Place {
  readonly resource: EvaluatedResource;
  /** Into the resource's `values`. */
  readonly pointer: string;
  /** The value has the source's own structure: places inside it are the source's places inside it. */
  readonly verbatim?: boolean;
}

export type Node =
  | { readonly kind: "value"; readonly value: Json; readonly at: Place }
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly at: Place }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Node>; readonly at: Place }
  | { readonly kind: "unknown"; readonly at: Place }
  | { readonly kind: "failed"; readonly message: string; readonly at: Place };

export interface Rendered {
  /** Undefined where the whole is unknown or failed. */
  readonly value: Json | undefined;
  readonly unknown: readonly string[];
  readonly failures: readonly PropertyFailure[];
  readonly places: ReadonlyMap<string, Place>;
}

/** Deeper than any schema; what is deeper is not looked at, and says so. */
export const deepest = 64;

export function placeOf(argument: Argument): Place {
  return { resource: argument.resource, pointer: argument.pointer };
}

/** The argument as it is, with what is unknown inside it left unknown in place. */
export function verbatim(argument: Argument, depth = 0): Node | undefined {
  const at: Place = { ...placeOf(argument), verbatim: true };
  if (isUnknown(argument)) return { kind: "unknown", at };
  const { value, doubt } = argument;
  if (depth > deepest || (depth === 0 && value !== undefined && depthOf(value) > deepest)) return tooDeep(at);
  if (doubt === undefined) return value === undefined ? undefined : { kind: "value", value, at };
  const list = isObject(value) ? undefined : items(argument);
  if (list === "unknown") return { kind: "unknown", at };
  if (list !== undefined && list[0] !== argument) {
    return {
      kind: "list",
      items: list.map((item) => verbatim(item, depth + 1) ?? { kind: "value", value: null, at }),
      at,
    };
  }
  const fields = new Map<string, Node>();
  for (const key of keys(argument)) {
    const node = verbatim(child(argument, key), depth + 1);
    if (node !== undefined) fields.set(key, node);
  }
  return { kind: "object", fields, at };
}

export function tooDeep(at: Place): Node {
  return { kind: "failed", message: `the value is nested deeper than ${deepest} levels; it was not looked at`, at };
}

/** How deep a value is nested, without recursion: the input may be hostile. Stops counting just past `deepest`. */
export function depthOf(value: Json): number {
  let level: Json[] = [value];
  let depth = 0;
  while (level.length > 0 && depth <= deepest) {
    level = level.flatMap((each) =>
      Array.isArray(each) ? (each as Json[]) : isObject(each) ? Object.values(each) : [],
    );
    if (level.length > 0) depth += 1;
  }
  return depth;
}

/** The plain value with the pointers, below `base`, of what is unknown, failed, and where each part came from. */
export function render(node: Node, base: string): Rendered {
  const unknown: string[] = [];
  const failures: PropertyFailure[] = [];
  const places = new Map<string, Place>();
  const visit = (each: Node, at: string): Json | undefined => {
    places.set(at, each.at);
    switch (each.kind) {
      case "value":
        return each.value;
      case "unknown":
        unknown.push(at);
        return undefined;
      case "failed":
        failures.push({ pointer: at, message: each.message });
        return undefined;
      case "list":
        return each.items.map((item, index) => visit(item, at + pointer([index])) ?? null);
      case "object":
        return visitFields(each.fields, at);
    }
  };
  const visitFields = (fields: ReadonlyMap<string, Node>, at: string): Json => {
    const object: { [key: string]: Json } = {};
    for (const [key, field] of fields) {
      const value = visit(field, at + pointer([key]));
      if (value !== undefined) setOwn(object, key, value);
    }
    return object;
  };
  const value = visit(node, base);
  return { value, unknown, failures, places };
}

/** A field of an object node or value, as a node. */
export function fieldOf(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind === "object") return node.fields.get(key);
  if (node?.kind !== "value" || !isObject(node.value)) return undefined;
  const value = own(node.value, key);
  return value === undefined ? undefined : { kind: "value", value, at: node.at };
}
