// What OPA makes of texts that are to be numbers, at the edges.
import { expect, test } from "vitest";
import { BuiltinError, type Builtin } from "./builtin.js";
import { opaBuiltin } from "./opa.js";
import { typeBuiltins } from "./types.js";
import { toJsonText, type Value } from "../values.js";

const context = { now: () => 1n, charge: () => undefined };
const ours = typeBuiltins(context)["to_number"] as Builtin as (text: Value) => Value | undefined;
const opa = opaBuiltin("to_number", context);

function outcome(convert: (text: Value) => Value | undefined, text: string): string {
  try {
    return toJsonText(convert(text) ?? null);
  } catch (thrown) {
    if (thrown instanceof BuiltinError) return thrown.code;
    throw thrown;
  }
}

const three = "\u0663";

test.each([
  ["12", "12"],
  ["-1.50", "-1.5"],
  ["12345678901234567890.5", "12345678901234567890.5"],
  ["1".repeat(308), "1".repeat(308)],
  ["1".repeat(400), "eval_builtin_error"],
  ["1e400", "eval_builtin_error"],
  ["", "eval_builtin_error"],
  [" 1", "eval_builtin_error"],
  ["++5", "eval_builtin_error"],
  ["Infinity", "eval_type_error"],
  [three, "eval_builtin_error"],
])("%s becomes %s, in OPA too", (text, expected) => {
  expect([outcome(ours, text), outcome(opa, text)]).toEqual([expected, expected]);
});
