// Globs as gobwas/glob reads them, each translated to an RE2 pattern: linear in time, where gobwas walks back and forth.
import { RE2JS } from "re2js";
import { isArray, typeName, type Value } from "../values.js";
import { BuiltinError, stringOperand, wrongOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";
import { compiledPattern } from "./regex.js";

/** Deeper groups are no pattern for RE2. */
const maxDepth = 200;

export function globBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const opa = opaBuiltin("glob.match", context);
  const { charge } = context;
  return {
    "glob.match": (a: Value, b: Value, c: Value) => {
      const glob = stringOperand(a, 1);
      const delimiters = delimitersOf(b);
      const text = stringOperand(c, 3);
      const source = translated(glob, delimiters);
      const pattern = source === null ? null : compiledPattern(source, charge);
      charge(0, text.length / 8);
      return pattern === null ? opa(a, b, c) : pattern.testExact(text);
    },
    "glob.quote_meta": (a: Value) => {
      const text = stringOperand(a, 1);
      charge(4 * text.length);
      return text.replace(/[*?\\[\]{}]/g, "\\$&");
    },
  };
}

function delimitersOf(value: Value): string {
  if (value === null) return "";
  if (!isArray(value)) return wrongOperand(2, value, "array", "null");
  return value.length === 0 ? "." : value.map(oneCharacter).join("");
}

function oneCharacter(item: Value): string {
  if (typeof item === "string" && Array.from(item.slice(0, 4)).length === 1) return item;
  const wanted = typeof item === "string" ? "runes" : "strings";
  const message = `operand 2 must be array of ${wanted} but got array containing ${typeName(item)}`;
  throw new BuiltinError(message, "eval_type_error");
}

const maxCached = 1_000;
const cache = new Map<string, string | null>();

/** Null for what RE2 would not take. Throws BuiltinError for what is no glob. */
function translated(glob: string, delimiters: string): string | null {
  const key = `${delimiters.length}:${delimiters}${glob}`;
  const found = cache.get(key);
  if (found !== undefined) return found;
  const made = new Translation(glob, delimiters).pattern();
  if (cache.size >= maxCached) cache.clear();
  if (glob.length < 10_000) cache.set(key, made);
  return made;
}

class Translation {
  readonly #characters: readonly string[];
  readonly #one: string;
  #at = 0;
  #depth = 0;
  #deepest = 0;

  constructor(glob: string, delimiters: string) {
    this.#characters = Array.from(glob);
    this.#one = delimiters === "" ? "(?s:.)" : `[^${Array.from(delimiters, codePoint).join("")}]`;
  }

  pattern(): string | null {
    const parts: string[] = [];
    while (this.#at < this.#characters.length) parts.push(this.#next(this.#characters[this.#at++] ?? ""));
    if (this.#depth > 0) throw notAGlob("unclosed `{`");
    return this.#deepest > maxDepth ? null : parts.join("");
  }

  #next(character: string): string {
    switch (character) {
      case "\\":
        return RE2JS.quote(this.#escaped());
      case "*":
        return this.#characters[this.#at] === "*" ? (this.#at++, "(?s:.*)") : `${this.#one}*`;
      case "?":
        return this.#one;
      case "[":
        return this.#class();
      case "{":
        this.#deepest = Math.max(this.#deepest, ++this.#depth);
        return "(?:";
      default:
        return this.#inGroup(character);
    }
  }

  #inGroup(character: string): string {
    if (this.#depth > 0 && character === ",") return "|";
    if (this.#depth === 0 || character !== "}") return RE2JS.quote(character);
    this.#depth--;
    return ")";
  }

  #escaped(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw notAGlob("trailing backslash");
    return character;
  }

  /** `[a-c]`, with any characters as its ends, or `[abc]`, where a backslash escapes; `!` at the start negates. */
  #class(): string {
    const not = this.#characters[this.#at] === "!" ? "^" : "";
    if (not !== "") this.#at++;
    const isRange = this.#characters[this.#at + 1] === "-";
    return `[${not}${isRange ? this.#range() : this.#listed()}]`;
  }

  #range(): string {
    const [low, , high, close] = this.#characters.slice(this.#at, this.#at + 4);
    if (low === undefined || high === undefined || close !== "]") throw notAGlob("expected close range character");
    if ((high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) throw notAGlob("range hi character is less than lo");
    this.#at += 4;
    return `${codePoint(low)}-${codePoint(high)}`;
  }

  #listed(): string {
    const listed: string[] = [];
    for (;;) {
      const character = this.#escapedOr("]");
      if (character === null) break;
      listed.push(codePoint(character));
    }
    if (listed.length === 0) throw notAGlob("could not parse range");
    return listed.join("");
  }

  /** The next character, escaped or not; null for the one that ends the list. */
  #escapedOr(end: string): string | null {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw notAGlob("unexpected end of input");
    if (character === "\\") return this.#escaped();
    return character === end ? null : character;
  }
}

function codePoint(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function notAGlob(reason: string): BuiltinError {
  return new BuiltinError(`glob: syntax error: ${reason}`);
}
