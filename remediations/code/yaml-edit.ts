// Sets one value in YAML. All other characters of the file stay as they are: comments, quotes, line endings. What comes out is read
// again: it must be the same documents but for that value, or there is no edit.
import { isDeepStrictEqual } from "node:util";
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  stringify,
  visit,
  type Document,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { parseDocuments } from "../../scanners/code/document.js";
import { isObject, own, setOwn, type Json } from "../../src/json.js";
import { insertLinesAfter, lineStart, splice } from "./lines.js";
import { NoPatch } from "./no-patch.js";

export interface YamlSetting {
  /** Which document of the file, from 0. */
  readonly document: number;
  /** Keys and positions from the document's top; `-` last is the place after a list's end. */
  readonly path: readonly string[];
  readonly value: Json;
}

/** Throws NoPatch where something on the way is not written out there: an alias, a merge, a function of CloudFormation. */
export function setInYaml(text: string, setting: YamlSetting): string {
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent" });
  if (isTemplate(text, "empty" in documents ? [] : documents))
    throw new NoPatch("the file is a template ({{ ... }}): put it right in what it is made from");
  const document = "empty" in documents ? undefined : documents[setting.document];
  if (document === undefined || document.errors.length > 0)
    throw new NoPatch("the file is not YAML that can be edited");
  const edited = setBelow(text, document.contents, { path: setting.path, value: setting.value, line: 1 });
  checkEdit(text, edited, setting);
  return edited;
}

/** CloudFormation resolves `{{resolve:...}}` itself, and a block of text (an alert, a script) may hold braces of its own. */
function isTemplate(text: string, documents: readonly Document.Parsed[]): boolean {
  let rest = text;
  const blank = (from: number, to: number): string => rest.slice(0, from) + " ".repeat(to - from) + rest.slice(to);
  for (const document of documents)
    visit(document, {
      Scalar(_key, { type, range }) {
        if (type?.startsWith("BLOCK") === true && range) rest = blank(range[0], range[1]);
      },
    });
  return rest.replaceAll("{{resolve:", "").includes("{{");
}

/** Where the manifest stands whose `kind` is written at a place: alone in its document, or in a List. */
export function manifestAt(
  text: string,
  place: { readonly line: number; readonly column?: number },
): Omit<YamlSetting, "value"> {
  const offset =
    text
      .split("\n")
      .slice(0, place.line - 1)
      .reduce((sum, line) => sum + line.length + 1, 0) +
    (place.column ?? 1) -
    1;
  const isHere = (node: unknown): boolean =>
    isMap(node) && node.items.some(({ key }) => isScalar(key) && key.value === "kind" && offsetOf(key) === offset);
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent" });
  for (const [document, { contents }] of ("empty" in documents ? [] : documents).entries()) {
    if (isHere(contents)) return { document, path: [] };
    const items = isMap(contents) ? contents.get("items") : null;
    const at = isSeq(items) ? items.items.findIndex(isHere) : -1;
    if (at >= 0) return { document, path: ["items", String(at)] };
  }
  throw new NoPatch(`the manifest's kind was not found on line ${place.line}`);
}

interface Below {
  readonly path: readonly string[];
  readonly value: Json;
  /** Where the node above is, for messages. */
  readonly line: number;
}

function setBelow(text: string, node: unknown, { path, value, line }: Below): string {
  refuseShared(node, line);
  const [key = "", ...rest] = path;
  if (isSeq(node)) {
    if (key === "-" && rest.length === 0) return appendItem(text, node, value);
    const item = /^\d{1,6}$/.test(key) ? node.items[Number(key)] : undefined;
    if (item === undefined || rest.length === 0)
      throw new NoPatch(`there is no element ${key} of the list on line ${line}`);
    return setBelow(text, item, { path: rest, value, line: lineOf(text, item) ?? line });
  }
  if (!isMap(node)) throw new NoPatch(`there is no map on line ${line} that ${key} could stand in`);
  for (const pair of node.items) refuseMerge(text, pair);
  const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === key);
  if (pair === undefined) return addPair(text, node, nested(path, value));
  const at = lineOf(text, pair.key) ?? line;
  if (isNull(pair.value)) return fillPair(text, pair, { node, rest, value });
  if (rest.length > 0) return setBelow(text, pair.value, { path: rest, value, line: at });
  return replaceScalar(text, pair.value, { key, value, line: at });
}

function refuseShared(node: unknown, line: number): void {
  if (isAlias(node))
    throw new NoPatch(`the value on line ${line} is an alias (*${node.source}): other places share it`);
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
  if (node.anchor !== undefined)
    throw new NoPatch(`the value on line ${line} has an anchor (&${node.anchor}): other places share it`);
  if (node.tag?.startsWith("!") === true)
    throw new NoPatch(`the value on line ${line} is ${node.tag}: put it right where its value is`);
}

function refuseMerge(text: string, { key }: Pair): void {
  const name = isScalar(key) ? String(key.value) : "";
  const at = lineOf(text, key) ?? 0;
  if (name === "<<") throw new NoPatch(`the map merges another one on line ${at}`);
  if (name === "Ref" || name.startsWith("Fn::"))
    throw new NoPatch(`the value on line ${at} is ${name}: put it right where its value is`);
}

function isNull(value: unknown): boolean {
  return (
    value === null || (isScalar(value) && value.value === null && value.anchor === undefined && value.tag === undefined)
  );
}

function nested([key = "", ...rest]: readonly string[], value: Json): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  setOwn(object, key, rest.length === 0 ? value : nested(rest, value));
  return object;
}

function addPair(text: string, map: YAMLMap, pair: { [key: string]: Json }): string {
  const last = map.items.at(-1);
  if (map.flow === true || last === undefined) return addToFlow(text, map, pair);
  const [first] = map.items;
  const column = offsetOf(first?.key) - lineStart(text, offsetOf(first?.key));
  return insertLinesAfter(text, endOfPair(last), blockLines(pair, column));
}

function addToFlow(text: string, map: YAMLMap, pair: { [key: string]: Json }): string {
  const [from = 0, to = 0] = map.range ?? [];
  const last = map.items.at(-1);
  const written = flow(pair);
  if (last !== undefined) {
    const at = endOfPair(last);
    return splice(text, { from: at, to: at, text: `, ${written.slice(2, -2)}` });
  }
  if (text.slice(from + 1, to - 1).trim() !== "") throw new NoPatch(`there is a comment in an empty map`);
  return splice(text, { from, to, text: written });
}

function appendItem(text: string, list: YAMLSeq, value: Json): string {
  const last: unknown = list.items.at(-1);
  const [from = 0, to = 0] = list.range ?? [];
  if (last === undefined) return splice(text, { from, to, text: `[${flowValue(value)}]` });
  const end = endOfPair({ key: last, value: last } as Pair);
  if (list.flow === true) return splice(text, { from: end, to: end, text: `, ${flowValue(value)}` });
  const dash = text.lastIndexOf("-", offsetOf(list.items[0]) - 1);
  const indent = " ".repeat(dash - lineStart(text, dash));
  const lines = stringify([value], { indent: 2 }).trimEnd().split("\n");
  return insertLinesAfter(
    text,
    end,
    lines.map((line) => indent + line),
  );
}

interface Filling {
  readonly node: YAMLMap;
  readonly rest: readonly string[];
  readonly value: Json;
}

/** A key without a value gets one. */
function fillPair(text: string, pair: Pair, { node, rest, value }: Filling): string {
  const [from, to] = isScalar(pair.value) ? (pair.value.range ?? [0, 0]) : [0, 0];
  const filled = rest.length === 0 ? value : nested(rest, value);
  const written = isObject(filled) ? flow(filled) : flowValue(filled);
  const isExplicit = to > from;
  if (isExplicit || node.flow === true || !isObject(filled))
    return splice(text, { from, to, text: isExplicit ? written : ` ${written}` });
  const column = offsetOf(pair.key) - lineStart(text, offsetOf(pair.key));
  return insertLinesAfter(text, from, blockLines(filled, column + 2));
}

function replaceScalar(
  text: string,
  node: unknown,
  { key, value, line }: { key: string; value: Json; line: number },
): string {
  refuseShared(node, line);
  if (!isScalar(node)) throw new NoPatch(`${key} on line ${line} is a list or a map already`);
  if (typeof value === "object" || node.type?.startsWith("BLOCK") === true)
    throw new NoPatch(`${key} on line ${line} has a value of another kind`);
  const [from, to] = node.range ?? [0, 0];
  return splice(text, { from, to, text: flowValue(value) });
}

function blockLines(pair: { readonly [key: string]: Json }, column: number): string[] {
  const indent = " ".repeat(column);
  return stringify(pair, { indent: 2 })
    .trimEnd()
    .split("\n")
    .map((line) => indent + line);
}

function flow(pair: { readonly [key: string]: Json }): string {
  const entries = Object.entries(pair).map(([key, value]) => `${flowValue(key)}: ${flowValue(value)}`);
  return `{ ${entries.join(", ")} }`;
}

function flowValue(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(flowValue).join(", ")}]`;
  if (isObject(value)) return flow(value);
  const text = stringify(value).trimEnd();
  return typeof value === "string" && /[,[\]{}\n]/.test(value) ? JSON.stringify(value) : text;
}

/** Where the last thing of a pair ends that is not a comment. */
function endOfPair({ key, value }: Pair): number {
  if ((isMap(value) || isSeq(value)) && value.flow !== true) {
    const last: unknown = value.items.at(-1);
    if (isMap(value) && last !== undefined) return endOfPair(last as Pair);
    if (isSeq(value) && last !== undefined) return endOfPair({ key: last, value: last } as Pair);
  }
  const range = isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value.range : null;
  const end = range?.[1] ?? (isScalar(key) ? key.range?.[1] : undefined) ?? 0;
  // A block of text ends with its last line.
  return isScalar(value) && value.type?.startsWith("BLOCK") === true ? end - 1 : end;
}

function offsetOf(node: unknown): number {
  return (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined) ?? 0;
}

function lineOf(text: string, node: unknown): number | null {
  const offset = offsetOf(node);
  return offset === 0 ? null : text.slice(0, offset).split("\n").length;
}

/** Better no patch than one that says something else than was meant. */
function checkEdit(before: string, after: string, { document, path, value }: YamlSetting): void {
  const expected = parseDocuments("x.yaml", before).map((one) =>
    one.index === document ? withValue(one.value, path, value) : one.value,
  );
  let found: Json[];
  try {
    found = parseDocuments("x.yaml", after).map((one) => one.value);
  } catch {
    found = [];
  }
  if (!isDeepStrictEqual(found, expected)) throw new NoPatch("the value cannot be put there without touching others");
}

function withValue(node: Json, [key, ...rest]: readonly string[], value: Json): Json {
  if (key === undefined) return value;
  if (Array.isArray(node) && key === "-") return [...(node as readonly Json[]), value];
  if (Array.isArray(node))
    return (node as readonly Json[]).map((item, at) => (String(at) === key ? withValue(item, rest, value) : item));
  const copy: { [key: string]: Json } = {};
  for (const [name, child] of Object.entries(isObject(node) ? node : {})) setOwn(copy, name, child);
  setOwn(copy, key, withValue(own(copy, key) ?? null, rest, value));
  return copy;
}
