import { numberToText } from "../numbers.js";
import { isArray, isNumber, isSet, sortedEntries, toJsonText, type Value } from "../values.js";
import { arrayOperand, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

/** The verbs that policies use. Whatever else Go's fmt knows is left to OPA. */
export function sprintfBuiltins(context: Omit<BuiltinContext, "memory">): Builtins {
  const opa = opaBuiltin("sprintf", context);
  const opaTemplate = opaBuiltin("internal.template_string", context);
  return {
    "internal.template_string": (a: Value) => {
      const parts = arrayOperand(a, 1).map(templatePart);
      if (parts.includes(null)) return opaTemplate(a);
      context.charge(2 * parts.reduce((length, part) => length + (part?.length ?? 0), 0));
      return parts.join("");
    },
    "internal.print": (a: Value) => {
      for (const line of lines(arrayOperand(a, 1))) context.print(line);
      return true;
    },
    sprintf: (a: Value, b: Value) => {
      const text = formatted(stringOperand(a, 1), arrayOperand(b, 2));
      if (text === null) return opa(a, b);
      context.charge(2 * text.length);
      return text;
    },
  };
}

const maxCached = 1_000;
const maxKept = 10_000;
const cache = new Map<string, readonly string[] | null>();

/** A verb with what may stand before it: fill on the left or with zeros, a width, a number of digits. */
const verb = /(%(?:%|[-0]?\d{0,3}[vsd]|[-0]?\d{0,3}\.\d{1,2}f|[-0]?\d{0,3}[xXobf]|q))/;

/** Texts and verbs in turn, beginning with a text; null where there is a verb that is not ours. */
function parsed(format: string): readonly string[] | null {
  const found = cache.get(format);
  if (found !== undefined) return found;
  const parts = format.split(verb);
  const made = parts.some((part, at) => at % 2 === 0 && part.includes("%")) ? null : parts;
  if (cache.size >= maxCached) cache.clear();
  if (format.length < maxKept) cache.set(format, made);
  return made;
}

/** Null where it takes more than we do ourselves. */
function formatted(format: string, args: readonly Value[]): string | null {
  const parts = parsed(format);
  if (parts === null) return null;
  let text = parts[0] ?? "";
  let used = 0;
  for (let at = 1; at < parts.length; at += 2) {
    const verb = parts[at] ?? "";
    const shown = verb === "%%" ? "%" : used < args.length ? one(verb, args[used++] as Value) : null;
    if (shown === null) return null;
    text += shown + (parts[at + 1] ?? "");
  }
  return used === args.length ? text : null;
}

function one(verb: string, value: Value): string | null {
  if (verb.length === 2) return bare(verb[1] ?? "", value);
  const [, fill = "", width = "", digits, letter = ""] = /^%([-0]?)(\d*)(?:\.(\d+))?(.)$/.exec(verb) ?? [];
  const text = letter === "f" ? fixed(value, Number(digits ?? 6)) : bare(letter, value);
  return text === null || width === "" ? text : filled(text, fill, Number(width), isNumber(value));
}

function bare(letter: string, value: Value): string | null {
  switch (letter) {
    case "d":
      return inBase(value, 10);
    case "x":
      return inBase(value, 16);
    case "X":
      return inBase(value, 16)?.toUpperCase() ?? null;
    case "o":
      return inBase(value, 8);
    case "b":
      return inBase(value, 2);
    case "f":
      return fixed(value, 6);
    case "q":
      return isNumber(value) ? null : termText(typeof value === "string" ? value : (termText(value) ?? "\u0000"));
    default:
      if (typeof value === "string") return value;
      if (isNumber(value)) return letter === "s" ? null : plainNumber(value);
      return termText(value);
  }
}

function inBase(value: Value, base: number): string | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? value.toString(base) : null;
}

/** JavaScript rounds halves up, Go to even: a number that could lie in the middle is left to OPA. */
function fixed(value: Value, digits: number): string | null {
  if (typeof value !== "number" || Number.isInteger(value) || digits > 6) return null;
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return null;
  const fraction = String(value).split(".")[1] ?? "";
  return fraction.length === digits + 1 && fraction.endsWith("5") ? null : value.toFixed(digits);
}

/** Zeros go between the sign and the digits; Go fills texts with them too. */
function filled(text: string, fill: string, width: number, isNumeric: boolean): string | null {
  const missing = width - Array.from(text).length;
  if (fill === "0" && !isNumeric) return null;
  if (missing <= 0) return text;
  if (fill === "-") return text + " ".repeat(missing);
  if (fill === "") return " ".repeat(missing) + text;
  return text.startsWith("-") ? `-${"0".repeat(missing)}${text.slice(1)}` : "0".repeat(missing) + text;
}

/** Go writes fractions of a million and more, and tiny ones, with an exponent: those are left to OPA. */
function plainNumber(value: Value): string | null {
  if (typeof value !== "number") return null;
  const size = Math.abs(value);
  return Number.isSafeInteger(value) || (size >= 1e-4 && size < 1e6 && !Number.isInteger(value)) ? String(value) : null;
}

/** A value as Rego writes it; null for text that takes Go's escapes. */
function termText(value: Value): string | null {
  if (value === null || typeof value === "boolean") return String(value);
  if (isNumber(value)) return numberToText(value);

  if (typeof value === "string") return /^[\u0020-\u007e]*$/.test(value) ? JSON.stringify(value) : null;
  if (isArray(value)) return bracketed("[", value.map(termText), "]");
  if (isSet(value)) return value.size === 0 ? "set()" : bracketed("{", value.sorted().map(termText), "}");
  return bracketed("{", sortedEntries(value).map(entryText), "}");
}

function entryText([key, item]: readonly [Value, Value]): string | null {
  const [left, right] = [termText(key), termText(item)];
  return left === null || right === null ? null : `${left}: ${right}`;
}

function bracketed(open: string, parts: readonly (string | null)[], close: string): string | null {
  return parts.includes(null) ? null : open + parts.join(", ") + close;
}

/** Null for what is not one text: OPA says what is wrong with it. */
function templatePart(value: Value): string | null {
  if (typeof value === "string") return value;
  if (!isSet(value)) return typeof value === "object" && value !== null && !isNumber(value) ? null : termText(value);
  const [item, ...others] = value.values();
  if (item === undefined) return "<undefined>";
  if (others.length > 0) return null;
  return typeof item === "string" ? item : termText(item);
}

/** Operands of print are sets of what each can be: none where it is undefined, several give several lines. */
function lines(operands: readonly Value[]): string[] {
  return operands.reduce<string[]>(
    (found, operand, at) => {
      const values = isSet(operand) ? operand.sorted() : [operand];
      const texts =
        values.length === 0
          ? ["<undefined>"]
          : values.map((value) => (typeof value === "string" ? value : shown(value)));
      return found.flatMap((line) => texts.map((text) => (at === 0 ? text : `${line} ${text}`))).slice(0, 1_000);
    },
    [""],
  );
}

function shown(value: Value): string {
  return termText(value) ?? toJsonText(value);
}
