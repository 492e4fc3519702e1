/** The interpreter of the mapping's words: an argument block and a shape in, nodes out. */
import { isObject, type Json } from "../../../src/json.js";
import { child, firstOf, follow, isAbsent, isUnknown, items, type Argument } from "./argument.js";
import { depthOf, deepest, placeOf, tooDeep, verbatim, type Node, type Place } from "./node.js";
import type { ReadContext, Reader, ScalarReader, Shape } from "./shape.js";

/** The fields of a shape that are there, in the shape's order. */
export function readFields(block: Argument, shape: Shape, context: ReadContext): Map<string, Node> {
  const fields = new Map<string, Node>();
  for (const [property, reader] of Object.entries(shape)) {
    const node = read(block, reader, context);
    if (node !== undefined) fields.set(property, node);
  }
  return fields;
}

export function read(block: Argument, reader: Reader, context: ReadContext): Node | undefined {
  switch (reader.kind) {
    case "scalar":
      return readScalar(block, reader);
    case "json":
      return readJson(follow(block, reader.from), context);
    case "any":
      return verbatim(follow(block, reader.from));
    case "block":
      return readBlock(follow(block, reader.from), reader.shape, context);
    case "blocks":
      return readBlocks(follow(block, reader.from), reader.shape, context);
    case "object":
      return readObject(block, reader.shape, context);
    case "group":
      return readGroup(block, reader.shape, context);
    case "only":
      return onlyItem(read(block, reader.reader, context));
    case "concat":
      return concatenated(reader.parts.map((part) => read(block, part, context)));
    case "attributes":
      return readAttributes(block, reader.keys);
    case "constant":
      return { kind: "value", value: reader.value, at: placeOf(block) };
    case "custom":
      return reader.read(block, context);
  }
}

function readScalar(block: Argument, reader: ScalarReader): Node | undefined {
  const argument = follow(block, reader.from);
  const at = placeOf(argument);
  if (argument.doubt !== undefined) return { kind: "unknown", at };
  const { value } = argument;
  if (value === undefined || value === "" || value === reader.absent) {
    return reader.otherwise === undefined ? undefined : { kind: "value", value: reader.otherwise, at };
  }
  if (depthOf(value) > deepest) return tooDeep(at);
  return { kind: "value", value: renamed(reader, converted(reader.as, value)), at };
}

function converted(as: ScalarReader["as"], value: Json): Json {
  if (as === "text") return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof value !== "string") return value;
  if (as === "boolean") return value === "true" ? true : value === "false" ? false : value;
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function renamed(reader: ScalarReader, value: Json): Json {
  if (reader.rename === undefined || typeof value === "object") return value;
  const name = String(value);
  return Object.hasOwn(reader.rename, name) ? (reader.rename[name] ?? value) : value;
}

function readJson(argument: Argument, context: ReadContext): Node | undefined {
  const at = placeOf(argument);
  if (argument.doubt !== undefined) return context.document(argument) ?? { kind: "unknown", at };
  const { value } = argument;
  if (value === undefined || value === "") return undefined;
  const parsed = typeof value === "string" ? parsedJson(value) : value;
  if (!isObject(parsed)) return { kind: "failed", message: "the value is not a JSON object in text form", at };
  return depthOf(parsed) > deepest ? tooDeep(at) : { kind: "value", value: parsed, at };
}

function parsedJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function readBlock(argument: Argument, shape: Shape, context: ReadContext): Node | undefined {
  if (isUnknown(argument) || items(argument) === "unknown") return { kind: "unknown", at: placeOf(argument) };
  const first = firstOf(argument);
  if (isAbsent(first)) return undefined;
  return isUnknown(first) ? { kind: "unknown", at: placeOf(first) } : objectNode(first, shape, context);
}

function readBlocks(argument: Argument, shape: Shape, context: ReadContext): Node | undefined {
  const at = placeOf(argument);
  if (isAbsent(argument)) return undefined;
  const all = items(argument);
  if (all === "unknown") return { kind: "unknown", at };
  if (all.length === 0) return undefined;
  return { kind: "list", items: all.map((each) => element(each, shape, context)), at };
}

function element(each: Argument, shape: Shape, context: ReadContext): Node {
  return isUnknown(each) ? { kind: "unknown", at: placeOf(each) } : objectNode(each, shape, context);
}

function objectNode(block: Argument, shape: Shape, context: ReadContext): Node {
  return { kind: "object", fields: readFields(block, shape, context), at: placeOf(block) };
}

function readObject(block: Argument, shape: Shape, context: ReadContext): Node {
  return isUnknown(block) ? { kind: "unknown", at: placeOf(block) } : objectNode(block, shape, context);
}

function readGroup(block: Argument, shape: Shape, context: ReadContext): Node | undefined {
  const fields = readFields(block, shape, context);
  const first = [...fields.values()][0];
  return first === undefined ? undefined : { kind: "object", fields, at: { ...first.at, verbatim: false } };
}

export function onlyItem(node: Node | undefined): Node | undefined {
  return node === undefined ? undefined : { kind: "list", items: [node], at: { ...node.at, verbatim: false } };
}

/** One list out of several. One part of unknown length makes the length of the whole unknown. */
export function concatenated(parts: readonly (Node | undefined)[]): Node | undefined {
  const there = parts.filter((part) => part !== undefined);
  const broken = there.find((part) => part.kind === "unknown" || part.kind === "failed");
  if (broken !== undefined) return broken;
  const first = there[0];
  return first === undefined
    ? undefined
    : { kind: "list", items: there.flatMap(itemsOf), at: { ...first.at, verbatim: false } };
}

function itemsOf(node: Node): readonly Node[] {
  if (node.kind === "list") return node.items;
  if (node.kind !== "value" || !Array.isArray(node.value)) return [node];
  return (node.value as readonly Json[]).map((value, index) => ({ kind: "value", value, at: inside(node.at, index) }));
}

function inside(at: Place, index: number): Place {
  return at.verbatim === true ? { ...at, pointer: `${at.pointer}/${index}` } : at;
}

function readAttributes(block: Argument, keys: { readonly [key: string]: ScalarReader }): Node | undefined {
  const list: Node[] = [];
  for (const [key, reader] of Object.entries(keys)) {
    const value = readScalar(block, { ...reader, as: "text" });
    if (value !== undefined) list.push(keyed("Key", key, "Value", value));
  }
  const first = list[0];
  return first === undefined ? undefined : { kind: "list", items: list, at: placeOf(block) };
}

/** `{[keyName]: key, [valueName]: value}`, at the value's place. */
export function keyed(keyName: string, key: string, valueName: string, value: Node): Node {
  const fields = new Map<string, Node>([
    [keyName, { kind: "value", value: key, at: value.at }],
    [valueName, value],
  ]);
  return { kind: "object", fields, at: value.at };
}

/** An argument of this very block. */
export function argumentOf(block: Argument, name: string): Argument {
  return child(block, name);
}
