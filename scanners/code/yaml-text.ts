import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type CST,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { parsePointer } from "../../src/inventory/pointer.js";
import type { Location } from "../../src/inventory/resource.js";
import { isObject, setOwn, type Json } from "../../src/json.js";
import { maximumDepth, TextError, type ParsedDocument } from "./document.js";
import { suppressionMark, suppressionReader } from "./suppression.js";
import { commentsOf, suppressionsOf } from "./yaml-comments.js";

/** Values after aliases are expanded; a bomb of aliases ends here. */
const maximumValues = 1_000_000;

/**
 * One or more documents; empty ones are left out. Plain `yes` and `on` are true, `0644` is octal, and `<<` merges, as the parser
 * of Kubernetes and conftest (go-yaml 2) has it.
 */
export function parseYaml(uri: string, text: string): ParsedDocument[] {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  checkDepth(tokens);
  const documents = [...new Composer({ uniqueKeys: false, logLevel: "silent" }).compose(tokens)];
  const comments = text.includes(suppressionMark) ? commentsOf(tokens, text, lines) : [];
  const read = suppressionReader();
  return documents.flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const place = error.linePos?.[0];
      const reason = error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? error.code;
      throw new TextError(`it is not YAML: ${reason}`, place?.line ?? null, place?.col ?? null);
    }
    const value = new Conversion(document, lines, true).value();
    if (value === null) return [];
    const place = (pointer: string): Location | null => locate(document, lines, uri, pointer);
    const suppressions = suppressionsOf({ document, text, lines, uri, comments: comments[index] ?? [] }, read);
    const untagged = (): Json => new Conversion(document, lines, false).value();
    return [{ uri, index, value, untagged, locate: place, suppressions }];
  });
}

/** The composer recurses, and the platform dies of a full stack in its regular expressions: so the tokens are measured first. */
function checkDepth(tokens: readonly CST.Token[]): void {
  let level: readonly CST.Token[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maximumDepth) throw new TextError(`it is nested more than ${maximumDepth} deep`);
    level = level.flatMap(tokensBelow);
  }
}

function tokensBelow(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!("items" in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((one) => one !== null && one !== undefined));
}

class Conversion {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #longForm: boolean;
  /** Nodes by anchor, as far as the conversion has come: an alias means the last one before it. */
  readonly #anchors = new Map<string, Node>();
  #left = maximumValues;

  constructor(document: Document, lines: LineCounter, longForm: boolean) {
    this.#document = document;
    this.#lines = lines;
    this.#longForm = longForm;
  }

  value(): Json {
    return this.#json(this.#document.contents, 0);
  }

  #json(node: unknown, depth: number): Json {
    if (depth > maximumDepth) throw new TextError(`it is nested more than ${maximumDepth} deep`);
    if (--this.#left < 0) throw new TextError(`its aliases (or lists) expand to more than ${maximumValues} values`);
    if (isAlias(node)) return this.#json(this.#anchors.get(node.source), depth + 1);
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return null;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    const value = isScalar(node)
      ? scalar(node)
      : isSeq(node)
        ? node.items.map((item) => this.#json(item, depth + 1))
        : this.#object(node, depth);
    return this.#longForm ? tagged(node, value) : value;
  }

  #object(map: YAMLMap, depth: number): Json {
    const object: { [key: string]: Json } = {};
    const merged: Json[] = [];
    for (const { key, value } of map.items) {
      const name = keyText(key);
      const json = this.#json(value, depth + 1);
      if (name === "<<" && isScalar(key) && key.type === "PLAIN")
        merged.push(...(Array.isArray(json) ? (json as Json[]) : [json]));
      else if (Object.hasOwn(object, name))
        throw this.#fault(key, `the key ${JSON.stringify(name.slice(0, 80))} is there twice`);
      else setOwn(object, name, json);
    }
    for (const source of merged) {
      if (!isObject(source)) throw this.#fault(map, "<< merges something that is not a map");
      for (const [name, json] of Object.entries(source)) if (!Object.hasOwn(object, name)) setOwn(object, name, json);
    }
    return object;
  }

  #fault(node: unknown, message: string): TextError {
    const offset = offsetOf(node);
    const place = offset === null ? null : this.#lines.linePos(offset);
    return new TextError(`it is not YAML as expected: ${message}`, place?.line ?? null, place?.col ?? null);
  }
}

const yes = new Set(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"]);
const no = new Set(["n", "N", "no", "No", "NO", "off", "Off", "OFF"]);

function scalar({ value, source, type, tag }: Scalar): Json {
  if (type === "PLAIN" && tag === undefined && source !== undefined) {
    if (yes.has(source)) return true;
    if (no.has(source)) return false;
    if (/^[-+]?0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
  }
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  return JSON.stringify(value);
}

function keyText(key: unknown): string {
  if (isScalar(key)) return key.source ?? String(key.value);
  if (isAlias(key)) return key.source;
  throw new TextError("it has a key that is a list or a map; expected text");
}

const shortTags = new Set(
  "And Base64 Cidr Condition Equals FindInMap ForEach GetAZs GetAtt If ImportValue Join Length Not Or Ref Select Split Sub ToJsonString Transform".split(
    " ",
  ),
);

/** `!Ref x` is `{"Ref": "x"}`: CloudFormation's short form. Other tags say nothing to us. */
function tagged(node: Node, value: Json): Json {
  const key = longForm(node);
  if (key === null) return value;
  if (key === "Fn::GetAtt" && typeof value === "string") return { [key]: splitOnce(value) };
  return { [key]: value };
}

function longForm(node: { readonly tag?: string | undefined }): string | null {
  const name = node.tag?.startsWith("!") === true ? node.tag.slice(1) : "";
  if (!shortTags.has(name)) return null;
  return name === "Ref" || name === "Condition" ? name : `Fn::${name}`;
}

function splitOnce(text: string): string[] {
  const dot = text.indexOf(".");
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

function locate(document: Document, lines: LineCounter, file: string, pointer: string): Location | null {
  let node: unknown = document.contents;
  let shown = offsetOf(node);
  for (const segment of parsePointer(pointer)) {
    if (isAlias(node)) node = node.resolve(document);
    if (isTaggedWith(node, segment)) continue;
    const child = childOf(node, segment);
    if (child === null) break;
    node = child.value;
    shown = offsetOf(child.shown) ?? shown;
  }
  if (shown === null) return null;
  const { line, col } = lines.linePos(shown);
  return { file, line, column: col };
}

function isTaggedWith(node: unknown, segment: string): boolean {
  return (isScalar(node) || isSeq(node) || isMap(node)) && longForm(node) === segment;
}

function childOf(node: unknown, segment: string): { shown: unknown; value: unknown } | null {
  if (isSeq(node)) {
    const item = /^\d{1,9}$/.test(segment) ? node.items[Number(segment)] : undefined;
    return item === undefined ? null : { shown: item, value: item };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => (isScalar(key) || isAlias(key)) && keyText(key) === segment);
  return pair === undefined ? null : { shown: pair.key, value: pair.value };
}

function offsetOf(node: unknown): number | null {
  return (isScalar(node) || isSeq(node) || isMap(node) || isAlias(node)) && node.range ? node.range[0] : null;
}
