// JSON as Go writes and reads it.
import { isArray, isNumber, isSet, parseJson, sortedEntries, type ObjectValue, type Value } from "../values.js";
import { numberToText } from "../numbers.js";
import { BuiltinError, objectOperand, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export function jsonBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const { charge } = context;
  const opa = {
    marshal: opaBuiltin("json.marshal", context),
    marshalWith: opaBuiltin("json.marshal_with_options", context),
    unmarshal: opaBuiltin("json.unmarshal", context),
    isValid: opaBuiltin("json.is_valid", context),
  };
  return {
    "json.marshal": (a: Value) => new Writer(charge, null).text(a) ?? opa.marshal(a),
    "json.marshal_with_options": (a: Value, b: Value) => {
      const layout = layoutOf(objectOperand(b, 2));
      const text = new Writer(charge, layout).text(a);
      if (text === null) return opa.marshalWith(a, b);
      return layout === null ? text : layout.prefix + text;
    },
    "json.unmarshal": (a: Value) => {
      const text = stringOperand(a, 1);
      charge(20 * text.length);
      return isPlain(text) ? (read(text) ?? opa.unmarshal(a)) : opa.unmarshal(a);
    },
    "json.is_valid": (a: Value) => {
      if (typeof a !== "string") return false;
      charge(20 * a.length);
      return isPlain(a) ? isJson(a) : opa.isValid(a);
    },
  };
}

/** No escapes of halves of characters, which Go replaces, no huge numbers, and no more nesting than Go takes. */
function isPlain(text: string): boolean {
  return !/\\u[dD][89a-fA-F]|\d[eE][+-]?\d{3}/.test(text) && (text.length < 2_000 || nesting(text) < 1_000);
}

/** How deep it is, if it is JSON. */
function nesting(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return deepest;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Undefined for numbers that we do not work with, and for what is not JSON: OPA finds a value in some of that. */
function read(text: string): Value | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

interface Layout {
  readonly prefix: string;
  readonly indent: string;
}

/** Null for JSON without white space. */
function layoutOf(options: ObjectValue): Layout | null {
  const layout = { prefix: "", indent: "\t" };
  let pretty: boolean | null = null;
  let wanted = false;
  for (const [key, value] of sortedEntries(options)) {
    if (key === "pretty" && typeof value === "boolean") pretty = value;
    else if ((key === "prefix" || key === "indent") && typeof value === "string") {
      layout[key] = value;
      wanted = true;
    } else throw new BuiltinError("operand 2 has an option that is unknown or of the wrong type", "eval_type_error");
  }
  return (pretty ?? wanted) ? layout : null;
}

class Unusual extends Error {}
const unusual = new Unusual();

class Writer {
  readonly #charge: BuiltinContext["charge"];
  readonly #layout: Layout | null;

  constructor(charge: BuiltinContext["charge"], layout: Layout | null) {
    this.#charge = charge;
    this.#layout = layout;
  }

  /** Null for what Go writes in a way of its own: keys that are no texts, and halves of characters. */
  text(value: Value): string | null {
    try {
      return this.#write(value, 0);
    } catch (thrown) {
      if (thrown === unusual) return null;
      throw thrown;
    }
  }

  #write(value: Value, depth: number): string {
    if (typeof value === "string") return this.#made(quoted(value));
    if (isNumber(value)) return this.#made(numberToText(value));
    if (value === null || typeof value === "boolean") return this.#made(String(value));
    if (isArray(value)) return this.#list("[", this.#items(value, depth), "]", depth);
    if (isSet(value)) return this.#list("[", this.#items(value.sorted(), depth), "]", depth);
    return this.#list("{", this.#entries(value, depth), "}", depth);
  }

  #items(values: readonly Value[], depth: number): readonly string[] {
    return values.map((value) => this.#write(value, depth + 1));
  }

  #entries(object: ObjectValue, depth: number): readonly string[] {
    const colon = this.#layout === null ? ":" : ": ";
    return sortedEntries(object).map(([key, value]) => {
      if (typeof key !== "string") throw unusual;
      return this.#made(quoted(key)) + colon + this.#write(value, depth + 1);
    });
  }

  #list(open: string, parts: readonly string[], close: string, depth: number): string {
    if (this.#layout === null || parts.length === 0) return this.#made(open + parts.join(",") + close);
    const { prefix, indent } = this.#layout;
    this.#charge(2 * parts.length * (prefix.length + indent.length * (depth + 1)));
    const line = `\n${prefix}${indent.repeat(depth)}`;
    return this.#made(open + parts.map((part) => line + indent + part).join(",") + line + close);
  }

  /** What lists repeat counts again: it is made again. */
  #made(text: string): string {
    this.#charge(2 * text.length + 16, 1);
    return text;
  }
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

function quoted(text: string): string {
  if (!text.isWellFormed()) throw unusual;
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}
