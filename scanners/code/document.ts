import type { Json } from "../../src/json.js";
import type { Location } from "../../src/inventory/resource.js";
import type { Suppression } from "../../src/inventory/scan-item.js";
import { parseJson } from "./json-text.js";
import { parseYaml } from "./yaml-text.js";

/** One document of a file, as plain data; CloudFormation's short tags are in their long form. */
export interface ParsedDocument {
  /** The path as the user would write it. */
  readonly uri: string;
  /** The place among the documents of the file, from 0. */
  readonly index: number;
  readonly value: Json;
  /** The value without the long form of tags, as conftest's own reader has it: `!Ref x` is `x`. */
  readonly untagged: () => Json;
  /** The place of the value at a JSON Pointer, or of the nearest thing that holds it. */
  readonly locate: (pointer: string) => Location | null;
  /**
   * What the comments inside and directly above the entry at a pointer excuse; for `""`, those of the whole document. The same
   * comment gives the same objects. JSON has no comments.
   */
  readonly suppressions: (pointer: string) => readonly Suppression[];
}

/** Text that is not what it should be. The message says what was expected. */
export class TextError extends Error {
  readonly line: number | null;
  readonly column: number | null;
  constructor(message: string, line: number | null = null, column: number | null = null) {
    super(message);
    this.name = "TextError";
    this.line = line;
    this.column = column;
  }
}

/** Deeper than any template that people write; recursion over what is within it is safe. */
export const maximumDepth = 500;

/** Parses JSON or YAML, by the name or else by the first character. Throws TextError. */
export function parseDocuments(uri: string, text: string): ParsedDocument[] {
  if (text.trim() === "") throw new TextError("it is empty; expected JSON or YAML");
  const isJson = uri.endsWith(".json") || (!/\.ya?ml$/.test(uri) && /^\s*[[{]/.test(text));
  return isJson ? [parseJson(uri, text)] : parseYaml(uri, text);
}

/** Bytes to text: UTF-8 and nothing else. Throws TextError. */
export function decodeText(bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new TextError(
      "it is UTF-16 text; expected UTF-8 (PowerShell writes UTF-16 with `>`: use Out-File -Encoding utf8)",
    );
  }
  const text = new TextDecoder("utf-8").decode(bytes);
  const replaced = text.indexOf("\ufffd");
  if (replaced >= 0 && !isUtf8(bytes)) {
    const line = text.slice(0, replaced).split("\n").length;
    throw new TextError("it is not UTF-8 text", line);
  }
  const nul = text.indexOf("\u0000");
  if (nul >= 0) throw new TextError("it is binary; expected text", text.slice(0, nul).split("\n").length);
  return text;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
