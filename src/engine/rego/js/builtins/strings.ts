import { floor, negate, toBigInt } from "../numbers.js";
import { isArray, isSet, typeName, type Value } from "../values.js";
import {
  BuiltinError,
  integerOperand,
  numberOperand,
  stringOperand,
  wrongOperand,
  type BuiltinContext,
  type Builtins,
} from "./builtin.js";
import { opaBuiltin } from "./opa.js";
import { replacer } from "./replace.js";

/** OPA counts characters by code points, JavaScript by halves of them. */
export function stringBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const { charge } = context;
  const opaReplace = opaBuiltin("replace", context);
  const made = (text: string): string => {
    charge(2 * text.length);
    return text;
  };
  return {
    ...searches,
    ...trims,
    ...counts(context),
    "strings.replace_n": replacer(context),
    concat: (a: Value, b: Value) => {
      const separator = stringOperand(a, 1);
      const texts = textsIn(b, 2);
      charge(2 * texts.reduce((length, text) => length + text.length + separator.length, 0));
      return texts.join(separator);
    },
    lower: changedCase(context, "lower", (text) => text.toLowerCase()),
    upper: changedCase(context, "upper", (text) => text.toUpperCase()),
    split: (a: Value, b: Value) => {
      const [text, separator] = [stringOperand(a, 1), stringOperand(b, 2)];
      charge(24 * text.length);
      return separator === "" ? Array.from(text) : text.split(separator);
    },
    replace: (a: Value, b: Value, c: Value) => {
      const [text, old, by] = [stringOperand(a, 1), stringOperand(b, 2), stringOperand(c, 3)];
      // Go puts the new text between the bytes of a character.
      if (old === "" && !isAscii(text)) return opaReplace(a, b, c);
      const parts = old === "" ? ["", ...Array.from(text), ""] : text.split(old);
      charge(2 * (text.length + by.length * parts.length));
      return parts.join(by);
    },
    indexof: (a: Value, b: Value) => {
      const [text, search] = [stringOperand(a, 1), stringOperand(b, 2)];
      if (search === "") throw new BuiltinError("empty search character");
      const at = text.indexOf(search);
      return at <= 0 ? at : Array.from(text.slice(0, at)).length;
    },
    substring: (a: Value, b: Value, c: Value) => {
      const text = stringOperand(a, 1);
      const [start, length] = [integerOperand(b, 2), integerOperand(c, 3)];
      if (start < 0) throw new BuiltinError("negative offset");
      const characters = isAscii(text) ? text : Array.from(text);
      const part = characters.slice(start, length < 0 ? undefined : start + length);
      return typeof part === "string" ? part : part.join("");
    },
    format_int: (a: Value, b: Value) => {
      const number = numberOperand(a, 1);
      const base = numberOperand(b, 2);
      if (base !== 2 && base !== 8 && base !== 10 && base !== 16) {
        throw new BuiltinError("operand 2 must be one of {2, 8, 10, 16}", "eval_type_error");
      }
      const whole = typeof number === "number" && number < 0 ? negate(floor(negate(number))) : floor(number);
      return (toBigInt(whole) ?? 0n).toString(base);
    },
    "strings.reverse": (a: Value) => made(Array.from(stringOperand(a, 1)).reverse().join("")),
  };
}

function counts({ charge }: Pick<BuiltinContext, "charge">): Builtins {
  return {
    "strings.count": (a: Value, b: Value) => {
      const [text, search] = [stringOperand(a, 1), stringOperand(b, 2)];
      charge(8 * text.length);
      return search === "" ? Array.from(text).length + 1 : text.split(search).length - 1;
    },
    "strings.split_n": (a: Value, b: Value, c: Value) => {
      const [text, separator, count] = [stringOperand(a, 1), stringOperand(b, 2), integerOperand(c, 3)];
      charge(24 * text.length);
      const parts = separator === "" ? Array.from(text) : text.split(separator);
      return count < 0 ? parts.slice(count) : parts.slice(0, count);
    },
    indexof_n: (a: Value, b: Value) => {
      const [text, search] = [stringOperand(a, 1), stringOperand(b, 2)];
      if (search === "") throw new BuiltinError("empty search character");
      charge(8 * text.length);
      return places(text, search);
    },
  };
}

/** Where the text is found, overlapping ones too, in characters. */
function places(text: string, search: string): number[] {
  const found: number[] = [];
  let [characters, counted] = [0, 0];
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) {
    for (; counted < at; characters++) counted += isPair(text, counted) ? 2 : 1;
    found.push(characters);
  }
  return found;
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}

const searches: Builtins = {
  contains: (a: Value, b: Value) => stringOperand(a, 1).includes(stringOperand(b, 2)),
  startswith: (a: Value, b: Value) => stringOperand(a, 1).startsWith(stringOperand(b, 2)),
  endswith: (a: Value, b: Value) => stringOperand(a, 1).endsWith(stringOperand(b, 2)),
  "strings.any_prefix_match": (a: Value, b: Value) => anyMatch(a, b, (text, part) => text.startsWith(part)),
  "strings.any_suffix_match": (a: Value, b: Value) => anyMatch(a, b, (text, part) => text.endsWith(part)),
};

const trims: Builtins = {
  trim: (a: Value, b: Value) => trimmed(stringOperand(a, 1), stringOperand(b, 2), true, true),
  trim_left: (a: Value, b: Value) => trimmed(stringOperand(a, 1), stringOperand(b, 2), true, false),
  trim_right: (a: Value, b: Value) => trimmed(stringOperand(a, 1), stringOperand(b, 2), false, true),
  trim_prefix: (a: Value, b: Value) => {
    const [text, prefix] = [stringOperand(a, 1), stringOperand(b, 2)];
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  trim_suffix: (a: Value, b: Value) => {
    const [text, suffix] = [stringOperand(a, 1), stringOperand(b, 2)];
    return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
  },
  trim_space: (a: Value) =>
    stringOperand(a, 1)
      .replace(/^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, "")
      .replace(trailingSpace, ""),
};

const trailingSpace = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

function isAscii(text: string): boolean {
  return /^[\u0000-\u007f]*$/.test(text);
}

function textsIn(value: Value, position: number): readonly string[] {
  const items = isSet(value) ? value.sorted() : isArray(value) ? value : wrongOperand(position, value, "set", "array");
  return items.map((item) => {
    if (typeof item === "string") return item;
    const kind = typeName(value);
    throw new BuiltinError(
      `operand ${position} must be ${kind} of strings but got ${kind} containing ${typeName(item)}`,
      "eval_type_error",
    );
  });
}

/** Letters of which all versions of Unicode have the same case, and characters that have none. */
const settled = /^[\u0000-\u012f\u0131-\u019a\u019c-\u0263\u0265-\u0586\u2e80-\ua63f]*$/;

/** Go maps character by character, to one character: no ligatures, no final sigma. */
function changedCase(context: Pick<BuiltinContext, "now" | "charge">, name: string, map: (text: string) => string) {
  const opa = opaBuiltin(name, context);
  return (a: Value): Value | undefined => {
    const text = stringOperand(a, 1);
    context.charge(2 * text.length);
    if (isAscii(text)) return map(text);
    if (!settled.test(text)) return opa(a);
    return Array.from(text, (character) => {
      const mapped = map(character);
      return mapped.length === 1 ? mapped : character;
    }).join("");
  };
}

function trimmed(text: string, cutset: string, atStart: boolean, atEnd: boolean): string {
  const cut = new Set(cutset);
  const characters = Array.from(text);
  let [start, end] = [0, characters.length];
  while (atStart && start < end && cut.has(characters[start] ?? "")) start++;
  while (atEnd && end > start && cut.has(characters[end - 1] ?? "")) end--;
  return characters.slice(start, end).join("");
}

/** Each may be one text, or an array or set of them. */
function anyMatch(a: Value, b: Value, match: (text: string, part: string) => boolean): boolean {
  const texts = typeof a === "string" ? [a] : textsOrString(a, 1);
  const parts = typeof b === "string" ? [b] : textsOrString(b, 2);
  return texts.some((text) => parts.some((part) => match(text, part)));
}

function textsOrString(value: Value, position: number): readonly string[] {
  return isSet(value) || isArray(value)
    ? textsIn(value, position)
    : wrongOperand(position, value, "string", "set", "array");
}
