// Patterns are RE2's: linear in time, whatever the pattern.
import { RE2JS } from "re2js";
import { messageOf } from "../../../../errors.js";
import type { Value } from "../values.js";
import { BuiltinError, stringOperand, type Builtins } from "./builtin.js";

const maxCached = 500;
const cache = new Map<string, RE2JS>();

/** Throws BuiltinError for a pattern that is not valid. */
function compiled(pattern: string): RE2JS {
  const found = cache.get(pattern);
  if (found !== undefined) return found;
  try {
    const made = RE2JS.compile(pattern);
    if (cache.size >= maxCached) cache.clear();
    cache.set(pattern, made);
    return made;
  } catch (cause) {
    throw new BuiltinError(messageOf(cause));
  }
}

function matches(pattern: Value, text: Value): boolean {
  const [source, subject] = [stringOperand(pattern, 1), stringOperand(text, 2)];
  return compiled(source).matcher(subject).find();
}

export const regexBuiltins: Builtins = {
  "regex.match": matches,
  re_match: matches,
};
