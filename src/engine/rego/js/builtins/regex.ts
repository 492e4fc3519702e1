// Patterns are RE2's: linear in time, whatever the pattern. What is found, replaced and split follows Go's regexp.
import { RE2JS } from "re2js";
import type { Value } from "../values.js";
import { BuiltinError, integerOperand, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export type Charge = BuiltinContext["charge"];

/** OPA itself is asked about patterns that RE2JS does not take as Go does. */
export function regexBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const match = matcher(context, "regex.match");
  return {
    "regex.match": match,
    re_match: match,
    "regex.is_valid": validity(context),
    "regex.find_n": finder(context, "regex.find_n", (text, at) => part(text, at, 0)),
    "regex.find_all_string_submatch_n": finder(context, "regex.find_all_string_submatch_n", (text, at) =>
      Array.from({ length: at.length / 2 }, (_, group) => part(text, at, group)),
    ),
    "regex.split": splitter(context),
    "regex.replace": replacer(context),
    "regex.template_match": (a: Value, b: Value, start: Value, end: Value) => {
      const [template, text] = [stringOperand(a, 1), stringOperand(b, 2)];
      const [from, to] = [stringOperand(start, 3), stringOperand(end, 4)];
      const pattern = templatePattern(template, [delimiter(from, "start"), delimiter(to, "end")], (inner) => {
        if (match(inner, "") === undefined) throw new BuiltinError("not a pattern");
      });
      return match(pattern, text);
    },
  };
}

type Context = Pick<BuiltinContext, "now" | "charge">;

function matcher(context: Context, name: string) {
  const opa = opaBuiltin(name, context);
  return (a: Value, b: Value): Value | undefined => {
    const [source, text] = [stringOperand(a, 1), stringOperand(b, 2)];
    const pattern = patternFor(source, text, context.charge);
    return pattern === null ? opa(a, b) : pattern.test(text);
  };
}

function validity(context: Context) {
  const opa = opaBuiltin("regex.is_valid", context);
  return (a: Value): Value | undefined => {
    if (typeof a !== "string") return false;
    return compiledPattern(a, context.charge) === null ? opa(a) : true;
  };
}

function finder(context: Context, name: string, give: (text: string, at: Found) => Value) {
  const opa = opaBuiltin(name, context);
  return (a: Value, b: Value, n: Value): Value | undefined => {
    const [source, text, limit] = [stringOperand(a, 1), stringOperand(b, 2), integerOperand(n, 3)];
    const pattern = patternFor(source, text, context.charge);
    if (pattern === null) return opa(a, b, n);
    return found(pattern, { text, limit, charge: context.charge }).map((at) => give(text, at));
  };
}

function splitter(context: Context) {
  const opa = opaBuiltin("regex.split", context);
  return (a: Value, b: Value): Value | undefined => {
    const [source, text] = [stringOperand(a, 1), stringOperand(b, 2)];
    const pattern = patternFor(source, text, context.charge);
    return pattern === null ? opa(a, b) : split(pattern, source, text, context.charge);
  };
}

function replacer(context: Context) {
  const opa = opaBuiltin("regex.replace", context);
  return (a: Value, b: Value, c: Value): Value | undefined => {
    const [text, source, by] = [stringOperand(a, 1), stringOperand(b, 2), stringOperand(c, 3)];
    const pattern = patternFor(source, text, context.charge);
    return pattern === null ? opa(a, b, c) : replaced(pattern, text, by, context.charge);
  };
}

const maxCached = 200;
/** Instructions; a larger program is not kept. */
const maxKept = 20_000;
/** Bytes that the states of one pattern's automaton may take; without it, it matches more slowly. */
const automatonBytes = 1024 * 1024;
const cache = new Map<string, RE2JS | null>();

/** Null where OPA is to be asked. */
function patternFor(source: string, text: string, charge: Charge): RE2JS | null {
  charge(0, text.length / 8);
  return compiledPattern(source, charge);
}

/** Null for what RE2JS does not take, and for classes of Unicode: its Unicode is not OPA's. */
export function compiledPattern(source: string, charge: Charge): RE2JS | null {
  const found = cache.get(source);
  if (found !== undefined) return found;
  charge(0, 20 * source.length);
  const made = compiled(source);
  if (made !== null) {
    const size = made.programSize();
    charge(100 * size, 20 * size);
    if (size > maxKept) return made;
    const automaton = made.re2().dfa;
    automaton.maxMem = automaton.stateBudget = automaton.memBudget = automatonBytes;
  }
  if (cache.size >= maxCached) cache.clear();
  cache.set(source, made);
  return made;
}

function compiled(source: string): RE2JS | null {
  if (/\\[pP]/.test(source)) return null;
  try {
    return RE2JS.compile(source);
  } catch {
    return null;
  }
}

/** For a match and each of its groups, where it begins and ends; -1 for a group that is not in it. */
type Found = readonly number[];

interface Search {
  readonly text: string;
  /** Below 0 for all. */
  readonly limit: number;
  readonly charge: Charge;
}

function found(pattern: RE2JS, { text, limit, charge }: Search): readonly Found[] {
  const most = limit < 0 ? text.length + 1 : Math.min(limit, text.length + 1);
  charge(16 * most * (pattern.groupCount() + 1), text.length);
  return (pattern.re2().findAllSubmatchIndex(text, most) as readonly Found[] | null) ?? [];
}

function part(text: string, at: Found, group: number): string {
  const start = at[2 * group] ?? -1;
  return start < 0 ? "" : text.slice(start, at[2 * group + 1]);
}

function split(pattern: RE2JS, source: string, text: string, charge: Charge): readonly string[] {
  if (source !== "" && text === "") return [""];
  const parts: string[] = [];
  let [begin, end] = [0, 0];
  for (const [start = 0, stop = 0] of found(pattern, { text, limit: -1, charge })) {
    end = start;
    if (stop !== 0) parts.push(text.slice(begin, end));
    begin = stop;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

function replaced(pattern: RE2JS, text: string, by: string, charge: Charge): string {
  const matches = found(pattern, { text, limit: -1, charge });
  if (matches.length === 0) return text;
  const template = replacementParts(by, pattern);
  let [result, end] = ["", 0];
  for (const at of matches) {
    let made = text.slice(end, at[0]);
    for (const piece of template) made += typeof piece === "string" ? piece : part(text, at, piece);
    charge(2 * made.length, template.length);
    result += made;
    end = at[1] ?? 0;
  }
  return result + text.slice(end);
}

/** `$1`, `${1}`, `$name` and `$$`; a name is as long as it can be, and what no group has is empty. */
const reference = /\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

/** The texts and the groups that a replacement is made of. */
function replacementParts(by: string, pattern: RE2JS): readonly (string | number)[] {
  const names = new Map(Object.entries(pattern.namedGroups()));
  const parts: (string | number)[] = [];
  let end = 0;
  for (const match of by.matchAll(reference)) {
    const [whole, dollar, bare, braced] = match;
    parts.push(by.slice(end, match.index), dollar ?? groupNumber(bare ?? braced ?? "", names));
    end = match.index + whole.length;
  }
  return [...parts, by.slice(end)];
}

function groupNumber(name: string, names: ReadonlyMap<string, number>): number | string {
  if (/^(0|[1-9][0-9]{0,8})$/.test(name)) return Number(name);
  return names.get(name) ?? "";
}

function delimiter(text: string, which: string): string {
  if (text.length === 1 && text <= "\u007f") return text;
  const length = Buffer.byteLength(text);
  throw new BuiltinError(`${which} delimiter has to be exactly one character long but is ${length} long`);
}

/** What is between delimiters is a pattern, the rest is text. */
function templatePattern(
  template: string,
  delimiters: readonly [string, string],
  check: (inner: string) => void,
): string {
  let [pattern, end] = ["^", 0];
  for (const [from, to] of delimited(template, delimiters)) {
    const inner = template.slice(from + 1, to - 1);
    check(`^${inner}$`);
    pattern += `${RE2JS.quote(template.slice(end, from))}(${inner})`;
    end = to;
  }
  return `${pattern}${RE2JS.quote(template.slice(end))}$`;
}

function* delimited(template: string, [start, end]: readonly [string, string]): Iterable<readonly [number, number]> {
  let [level, from] = [0, 0];
  for (let at = 0; at < template.length && level >= 0; at++) {
    if (template[at] === start) {
      if (++level === 1) from = at;
    } else if (template[at] === end && --level === 0) {
      yield [from, at + 1];
    }
  }
  if (level !== 0) throw new BuiltinError(`unbalanced braces in ${JSON.stringify(template.slice(0, 100))}`);
}
