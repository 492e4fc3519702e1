// strings.replace_n: several texts replaced in one pass, as Go's Replacer does it.
import { sortedEntries, type ObjectValue, type Value } from "../values.js";
import { BuiltinError, objectOperand, stringOperand, type BuiltinContext } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

type Pair = readonly [old: string, by: string];

export function replacer(context: Pick<BuiltinContext, "now" | "charge">) {
  const opa = opaBuiltin("strings.replace_n", context);
  return (a: Value, b: Value): Value | undefined => {
    const [patterns, text] = [objectOperand(a, 1), stringOperand(b, 2)];
    const pairs = pairsOf(patterns);
    // Go puts what replaces nothing between the bytes of a character.
    return pairs[0]?.[0] === "" ? opa(a, b) : replaced(text, pairs, context.charge);
  };
}

/** In the order of what is replaced, which says what comes first where several begin at one place. */
function pairsOf(patterns: ObjectValue): readonly Pair[] {
  return sortedEntries(patterns).map(([old, by]) => {
    if (typeof old === "string" && typeof by === "string") return [old, by];
    const what = typeof old === "string" ? "value" : "key";
    throw new BuiltinError(`operand 1 non-string ${what} found in pattern object`, "eval_type_error");
  });
}

function replaced(text: string, pairs: readonly Pair[], charge: BuiltinContext["charge"]): string {
  const byFirst = new Map<number, Pair[]>();
  for (const pair of pairs) {
    const first = pair[0].charCodeAt(0);
    const others = byFirst.get(first);
    if (others === undefined) byFirst.set(first, [pair]);
    else others.push(pair);
  }
  let [result, last] = ["", 0];
  for (let at = 0; at < text.length;) {
    const candidates = byFirst.get(text.charCodeAt(at)) ?? [];
    const pair = candidates.find(([old]) => text.startsWith(old, at));
    charge(0, 1 + candidates.length);
    if (pair === undefined) {
      at++;
      continue;
    }
    charge(2 * (at - last + pair[1].length));
    result += text.slice(last, at) + pair[1];
    last = at += pair[0].length;
  }
  return result + text.slice(last);
}
