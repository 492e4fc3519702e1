import { parse, printParseErrorCode, type ParseError } from "jsonc-parser";
import { parsePointer } from "../../src/inventory/pointer.js";
import type { Location } from "../../src/inventory/resource.js";
import type { Json } from "../../src/json.js";
import { maximumDepth, TextError, type ParsedDocument } from "./document.js";

/** The platform's own parser for the values, for it is the fastest; positions are found when they are asked for. */
export function parseJson(uri: string, text: string): ParsedDocument {
  checkDepth(text);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw syntaxError(text);
  }
  const positions = new JsonPositions(text);
  const locate = (pointer: string): Location => positions.locate(uri, pointer);
  return { uri, index: 0, value, untagged: () => value, locate, suppressions: () => [] };
}

const quote = 34;
const backslash = 92;

/** One pass over the characters, before anything that recurses sees the text. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    if (depth > maximumDepth) {
      const { line, column } = new Lines(text).at(at);
      throw new TextError(`it is nested more than ${maximumDepth} deep`, line, column);
    }
  }
}

/** The offset after the string that starts at `at`; the end of the text when it does not end. */
function endOfString(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === backslash) next++;
    else if (code === quote) return next + 1;
  }
  return text.length;
}

function syntaxError(text: string): TextError {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  const { line, column } = new Lines(text).at(first?.offset ?? text.length);
  const truncated = (first?.offset ?? text.length) >= text.trimEnd().length;
  const what = first === undefined ? "InvalidSymbol" : printParseErrorCode(first.error);
  const words = what.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const reason = truncated ? "the end of the file came too early: is it truncated?" : words;
  return new TextError(`it is not JSON: line ${line}, column ${column}: ${reason}`, line, column);
}

class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

interface Child {
  /** Where people look: the key of a member, the start of an element. */
  readonly shown: number;
  readonly value: number;
}

/** Finds places by pointer. Each object or array on the way is scanned once, so many questions cost no more than the text. */
class JsonPositions {
  readonly #text: string;
  #lines: Lines | undefined;
  readonly #children = new Map<number, ReadonlyMap<string, Child>>();

  constructor(text: string) {
    this.#text = text;
  }

  locate(file: string, pointer: string): Location {
    let place: Child = { shown: skipBlank(this.#text, 0), value: skipBlank(this.#text, 0) };
    for (const segment of parsePointer(pointer)) {
      const child = this.#childrenOf(place.value).get(segment);
      if (child === undefined) break;
      place = child;
    }
    this.#lines ??= new Lines(this.#text);
    return { file, ...this.#lines.at(place.shown) };
  }

  #childrenOf(offset: number): ReadonlyMap<string, Child> {
    const known = this.#children.get(offset);
    if (known !== undefined) return known;
    const open = this.#text[offset];
    const found =
      open === "{"
        ? members(this.#text, offset)
        : open === "["
          ? elements(this.#text, offset)
          : new Map<string, Child>();
    this.#children.set(offset, found);
    return found;
  }
}

function members(text: string, open: number): Map<string, Child> {
  const found = new Map<string, Child>();
  let at = skipBlank(text, open + 1);
  while (text.charCodeAt(at) === quote) {
    const end = endOfString(text, at);
    const value = skipBlank(text, skipBlank(text, end) + 1);
    found.set(JSON.parse(text.slice(at, end)) as string, { shown: at, value });
    at = skipBlank(text, skipBlank(text, endOfValue(text, value)) + 1);
  }
  return found;
}

function elements(text: string, open: number): Map<string, Child> {
  const found = new Map<string, Child>();
  let at = skipBlank(text, open + 1);
  while (at < text.length && text[at] !== "]") {
    found.set(String(found.size), { shown: at, value: at });
    const end = skipBlank(text, endOfValue(text, at));
    if (text[end] !== ",") break;
    at = skipBlank(text, end + 1);
  }
  return found;
}

/** The offset after the value that starts at `at`. The text is valid JSON. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === quote) next = endOfString(text, next) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return next;
      depth--;
    } else if (depth === 0 && code === 0x2c) return next;
    if (depth === 0 && (code === 0x7d || code === 0x5d || code === quote)) return next + 1;
  }
  return text.length;
}

function skipBlank(text: string, at: number): number {
  let next = at;
  while (next < text.length && (text.charCodeAt(next) <= 32 || text.charCodeAt(next) === 0xfeff)) next++;
  return next;
}
