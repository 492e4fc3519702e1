/**
 * The mapping from Terraform to the providers' schemas, read backwards: the arguments that would be read as a resource's
 * config. Where it is read from an API there is no Terraform, and a policy pack still wants to see it.
 */
import { own, type JsonObject } from "../../src/json.js";
import type { CustomWrite, PartOf, Reader, ScalarReader, Shape } from "../terraform/mapping/shape.js";
import { certain, Doubtful, doubtIn, isValueObject, type Value } from "./doubtful.js";
import type { Coverage } from "./properties.js";

/** Arguments on the way, blocks as lists of objects, as Terraform has them. */
export interface Block {
  [argument: string]: Value;
}

/** The arguments that a shape reads as these fields. */
export function argumentsFor(shape: Shape, fields: Value): Block {
  return blockOf(settingsOf(shape, fields));
}

/** The arguments that a reader reads as this value. */
export function argumentsRead(reader: Reader, value: Value): Block {
  return blockOf(settings(reader, value));
}

/** An argument, or the path to one through single blocks, and its value. */
type Setting = readonly [path: string, value: Value];

function blockOf(all: readonly Setting[]): Block {
  const block: Block = {};
  for (const [path, value] of all) put(block, path, value);
  return block;
}

function settingsOf(shape: Shape, fields: Value): Setting[] {
  return Object.entries(shape).flatMap(([property, reader]) => {
    const value = isValueObject(fields) ? own(fields, property) : fields;
    return value === undefined || value === null ? [] : settings(reader, value);
  });
}

/** A doubt becomes a doubt of every argument that the reader looks at. */
function settings(reader: Reader, value: Value): readonly Setting[] {
  if (value instanceof Doubtful) return pathsOf(reader).map((path) => [path, value]);
  switch (reader.kind) {
    case "scalar":
      return [[reader.from, wordFor(reader, value)]];
    case "json":
      return [[reader.from, doubtIn(value) ?? (typeof value === "string" ? value : JSON.stringify(value))]];
    case "any":
      return [[reader.from, value]];
    case "block":
      return [[reader.from, isValueObject(value) ? [argumentsFor(reader.shape, value)] : []]];
    case "blocks":
      return [[reader.from, elementsOf(value).map((one) => elementFor(reader.shape, one))]];
    case "object":
    case "group":
      return settingsOf(reader.shape, value);
    case "only":
      return firstSettings(reader.reader, value);
    case "concat":
      return partSettings(reader.parts, reader.partOf, elementsOf(value));
    case "attributes":
      return elementsOf(value).flatMap((one) => attributeSettings(reader.keys, one));
    case "constant":
      return [];
    case "custom":
      return customSettings(reader, value);
  }
}

function elementFor(shape: Shape, value: Value): Value {
  return value instanceof Doubtful ? value : argumentsFor(shape, value);
}

function elementsOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

function firstSettings(reader: Reader, value: Value): readonly Setting[] {
  const [first] = elementsOf(value);
  return first === undefined || first === null ? [] : settings(reader, first);
}

function partSettings(parts: readonly Reader[], partOf: PartOf, all: readonly Value[]): Setting[] {
  const doubt = all.find((one) => one instanceof Doubtful);
  return parts.flatMap((part, index) => {
    if (doubt !== undefined) return settings(part, doubt);
    const own = all.filter((one) => isValueObject(one) && partOf(one as JsonObject) === index);
    return own.length === 0 ? [] : settings(part, own);
  });
}

function attributeSettings(keys: { readonly [key: string]: ScalarReader }, one: Value): readonly Setting[] {
  if (one instanceof Doubtful) return settings({ kind: "attributes", keys }, one);
  const key = isValueObject(one) ? own(one, "Key") : undefined;
  const reader = typeof key === "string" ? own(keys, key) : undefined;
  const value = isValueObject(one) ? own(one, "Value") : undefined;
  return reader === undefined || value === undefined ? [] : settings(reader, value);
}

function customSettings(reader: { from: readonly string[]; write?: CustomWrite }, value: Value): Setting[] {
  const known = certain(value);
  if (reader.write !== undefined && known !== undefined) return Object.entries(reader.write(known));
  const message = `${reader.from.join(" and ")} cannot be told from what is read of such resources`;
  const doubt = doubtIn(value) ?? new Doubtful({ kind: "untranslated", pointer: null, message });
  return reader.from.map((path) => [path, doubt]);
}

/** Sets `a.b.c`, each step but the last a single block. */
function put(block: Block, path: string, value: Value): void {
  const [name = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    block[name] = value;
    return;
  }
  const known = block[name];
  if (known instanceof Doubtful) return;
  const first = Array.isArray(known) ? (known as readonly Value[])[0] : undefined;
  const inner: Block = isValueObject(first) ? { ...first } : {};
  put(inner, rest.join("."), value);
  block[name] = [inner];
}

/** The arguments that a reader looks at, blocks as a whole. */
function pathsOf(reader: Reader): readonly string[] {
  switch (reader.kind) {
    case "object":
    case "group":
      return Object.values(reader.shape).flatMap(pathsOf);
    case "only":
      return pathsOf(reader.reader);
    case "concat":
      return reader.parts.flatMap(pathsOf);
    case "attributes":
      return Object.values(reader.keys).map(({ from }) => from);
    case "constant":
      return [];
    case "custom":
      return reader.from;
    default:
      return [reader.from];
  }
}

/** Terraform's word for a value. */
function wordFor(reader: ScalarReader, value: Value): Value {
  if (reader.rename === undefined || typeof value === "object") return value;
  const found = Object.entries(reader.rename).find(([, name]) => name === value);
  return found?.[0] ?? value;
}

/** What of a type's arguments a shape reads. */
export function coverageOf(shape: Shape): Coverage {
  const coverage = new Map<string, Coverage | null>();
  for (const reader of Object.values(shape)) cover(coverage, reader);
  return coverage;
}

function cover(coverage: Map<string, Coverage | null>, reader: Reader): void {
  if (reader.kind === "block" || reader.kind === "blocks") {
    coverPath(coverage, reader.from, coverageOf(reader.shape));
  } else if (reader.kind === "object" || reader.kind === "group") {
    for (const inner of Object.values(reader.shape)) cover(coverage, inner);
  } else if (reader.kind === "only") cover(coverage, reader.reader);
  else if (reader.kind === "concat") for (const part of reader.parts) cover(coverage, part);
  else for (const path of pathsOf(reader)) coverPath(coverage, path, null);
}

/** Two readers of one block cover what both read. */
function coverPath(coverage: Map<string, Coverage | null>, path: string, inner: Coverage | null): void {
  const [name = "", ...rest] = path.split(".");
  const known = coverage.get(name);
  if (known === null) return;
  if (rest.length === 0 && inner === null) {
    coverage.set(name, null);
    return;
  }
  const merged = new Map<string, Coverage | null>(known);
  if (rest.length > 0) coverPath(merged, rest.join("."), inner);
  else for (const [key, one] of inner ?? []) merged.set(key, one);
  coverage.set(name, merged);
}
