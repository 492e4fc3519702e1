/** From Terraform's arguments to Pulumi's properties, as the table of a type's inputs says. */
import { isObject, setOwn, type Json, type JsonObject } from "../../src/json.js";
import { pointer } from "../../src/inventory/pointer.js";
import { unknownValue, type PropertyDoubt } from "../../src/engine/crossguard/pulumi-resource.js";
import { Doubtful, isValueObject, type Value, type ValueObject } from "./doubtful.js";
import { propertiesOfArgument } from "./names.js";
import type { Inputs, PropertyType } from "./schema.js";

/**
 * The arguments that a scanner reads, by name; what is inside a block is told where only a part of it is read. What a
 * scanner does not read is not absent: nobody looked.
 */
export type Coverage = ReadonlyMap<string, Coverage | null>;

export interface Properties {
  readonly properties: JsonObject;
  /** By JSON Pointer into the properties. */
  readonly doubts: ReadonlyMap<string, PropertyDoubt>;
}

/** `coverage` null: whatever is not among the arguments is not set. */
export function propertiesOf(values: Value, inputs: Inputs, coverage: Coverage | null): Properties {
  const whole = isValueObject(values) ? values : Object.fromEntries(Object.keys(inputs).map((name) => [name, values]));
  const tree = isValueObject(values) ? objectValue(whole, inputs, coverage, 0) : whole;
  return renderedWithDoubts(tree);
}

/** Properties that need no other names. */
export function renderedWithDoubts(tree: Value): Properties {
  const doubts = new Map<string, PropertyDoubt>();
  const properties = rendered(tree, [], doubts);
  return { properties: isObject(properties) ? properties : {}, doubts };
}

/** Deeper than any schema: what is deeper is passed on as it is. */
const deepest = 64;

function objectValue(values: ValueObject, inputs: Inputs, coverage: Coverage | null, depth: number): ValueObject {
  const properties: { [name: string]: Value } = {};
  for (const [argument, value] of Object.entries(values)) {
    for (const name of propertiesOfArgument(argument, inputs)) {
      const converted = valueOf(value, inputs[name] ?? "any", coverage?.get(argument) ?? null, depth + 1);
      if (converted !== undefined) properties[name] = converted;
    }
  }
  if (coverage !== null) addUnread(properties, inputs, coverage, depth);
  return properties;
}

/** Arguments that only tell Terraform or Pulumi what to do, and what other properties say too: never a fact that is hidden. */
const notFacts = /^(tags|tagsAll|region|.*Prefix)$/;

function addUnread(properties: { [name: string]: Value }, inputs: Inputs, coverage: Coverage, depth: number): void {
  const read = new Set([...coverage.keys()].flatMap((argument) => propertiesOfArgument(argument, inputs)));
  for (const name of Object.keys(inputs)) {
    if (read.has(name) || Object.hasOwn(properties, name) || (depth === 0 && notFacts.test(name))) continue;
    const message = `${name} is not among what is read of such resources`;
    properties[name] = new Doubtful({ kind: "untranslated", pointer: null, message });
  }
}

/** Undefined where there is no value: nothing that a program would have set. */
function valueOf(value: Value, type: PropertyType, coverage: Coverage | null, depth: number): Value | undefined {
  if (value === null) return undefined;
  if (value instanceof Doubtful || depth > deepest || type === "any") return value;
  if (typeof type === "string") return scalarOf(value, type);
  if ("map" in type) return mapOf(value, type.map, depth);
  if ("object" in type) {
    const one = Array.isArray(value) ? onlyOne(value as readonly Value[]) : value;
    return isValueObject(one) ? objectValue(one, type.object, coverage, depth) : (one ?? undefined);
  }
  return listOf(value, type.list, coverage, depth);
}

/** Blocks that are one in Pulumi: there is at most one, or nobody can tell which of them is meant. */
function onlyOne(list: readonly Value[]): Value | undefined {
  if (list.length <= 1) return list[0];
  return new Doubtful({
    kind: "untranslated",
    pointer: null,
    message: `there are ${list.length} where one is expected`,
  });
}

function listOf(value: Value, type: PropertyType, coverage: Coverage | null, depth: number): Value | undefined {
  const list = Array.isArray(value) ? (value as readonly Value[]) : [value];
  // A plan lists blocks that are not there as an empty list; an empty list of texts somebody wrote.
  if (list.length === 0 && typeof type === "object") return undefined;
  return list.map((one) => valueOf(one, type, coverage, depth + 1) ?? null);
}

function mapOf(value: Value, type: PropertyType, depth: number): Value | undefined {
  if (!isValueObject(value)) return value;
  const map: { [key: string]: Value } = {};
  for (const [key, one] of Object.entries(value)) {
    const converted = valueOf(one, type, null, depth + 1);
    if (converted !== undefined) setOwn(map, key, converted);
  }
  return map;
}

function scalarOf(value: Value, type: "string" | "number" | "boolean"): Value | undefined {
  if (Array.isArray(value)) {
    const one = onlyOne(value as readonly Value[]);
    return one === undefined || one === null || one instanceof Doubtful ? (one ?? undefined) : scalarOf(one, type);
  }
  if (typeof value === "object") return value;
  if (type === "string") return String(value);
  if (typeof value !== "string") return value;
  if (type === "number") return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return value === "true" ? true : value === "false" ? false : value;
}

/** With Pulumi's sign for what is not known in place of doubts, which are noted. */
function rendered(value: Value, at: readonly (string | number)[], doubts: Map<string, PropertyDoubt>): Json {
  if (value instanceof Doubtful) {
    doubts.set(pointer(at), value.doubt);
    return unknownValue;
  }
  if (Array.isArray(value))
    return (value as readonly Value[]).map((one, index) => rendered(one, [...at, index], doubts));
  if (!isValueObject(value)) return value as Json;
  const object: { [key: string]: Json } = {};
  for (const [key, one] of Object.entries(value)) setOwn(object, key, rendered(one, [...at, key], doubts));
  return object;
}
