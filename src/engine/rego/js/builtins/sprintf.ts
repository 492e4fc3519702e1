import { numberToText } from "../numbers.js";
import { isArray, isNumber, isSet, sortedEntries, toJsonText, type Value } from "../values.js";
import { arrayOperand, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

/** The verbs that policies use. Whatever else Go's fmt knows is left to OPA. */
export function sprintfBuiltins(context: Omit<BuiltinContext, "memory">): Builtins {
  const opa = opaBuiltin("sprintf", context);
  return {
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
const cache = new Map<string, readonly string[] | null>();

/** Texts and verbs in turn, beginning with a text; null where there is a verb that is not ours. */
function parsed(format: string): readonly string[] | null {
  const found = cache.get(format);
  if (found !== undefined) return found;
  const parts = format.split(/(%(?:[vsd%]|\.\d{1,2}f))/);
  const made = parts.some((part, at) => at % 2 === 0 && part.includes("%")) ? null : parts;
  if (cache.size >= maxCached) cache.clear();
  cache.set(format, made);
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
  if (verb === "%d") return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : null;
  if (verb.endsWith("f")) return null;
  if (typeof value === "string") return value;
  if (verb === "%s" && isNumber(value)) return null;
  return isNumber(value) ? plainNumber(value) : termText(value);
}

function plainNumber(value: Value): string | null {
  if (typeof value !== "number") return null;
  const size = Math.abs(value);
  return Number.isSafeInteger(value) || (size >= 1e-4 && size < 1e21 && !Number.isInteger(value))
    ? String(value)
    : null;
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
