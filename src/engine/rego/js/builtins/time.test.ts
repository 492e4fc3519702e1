// Texts that Go's time.Parse takes and a strict reader does not, and the other way round.
import { expect, test } from "vitest";
import { BuiltinError, type BuiltinContext } from "./builtin.js";
import { opaBuiltin } from "./opa.js";
import { timeBuiltins } from "./time.js";
import { numberToText } from "../numbers.js";
import { isNumber, type Value } from "../values.js";

const context: Pick<BuiltinContext, "now" | "charge"> = { now: () => 1n, charge: () => undefined };
const ours = timeBuiltins(context)["time.parse_rfc3339_ns"] as (text: Value) => Value | undefined;
const opa = opaBuiltin("time.parse_rfc3339_ns", context);

function outcome(parse: (text: Value) => Value | undefined, text: string): string {
  try {
    const value = parse(text);
    return isNumber(value) ? numberToText(value) : "undefined";
  } catch (thrown) {
    if (thrown instanceof BuiltinError) return thrown.code;
    throw thrown;
  }
}

test.each([
  ["2020-01-01T00:00:00Z", "1577836800000000000"],
  ["2020-01-01T00:00:00,5Z", "1577836800500000000"],
  ["2020-01-01T1:00:00Z", "1577840400000000000"],
  ["2020-01-01T00:00:00+24:00", "1577750400000000000"],
  ["2020-01-01T00:00:00+00:60", "1577833200000000000"],
  ["2020-01-01T00:00:00.1234567899Z", "1577836800123456789"],
  ["1969-12-31T23:59:59.999999999Z", "-1"],
  ["2262-04-11T23:47:16.854775807Z", "9223372036854775807"],
  ["2262-04-11T23:47:16.854775808Z", "eval_builtin_error"],
  ["2021-02-29T00:00:00Z", "eval_builtin_error"],
  ["2020-01-01T24:00:00Z", "eval_builtin_error"],
  ["2020-01-01T23:59:60Z", "eval_builtin_error"],
  ["2020-01-01T00:00:00.Z", "eval_builtin_error"],
  ["2020-01-01t00:00:00z", "eval_builtin_error"],
  ["2020-01-01T00:00:00Z\n", "eval_builtin_error"],
])("%s is %s, in OPA too", (text, expected) => {
  expect([outcome(ours, text), outcome(opa, text)]).toEqual([expected, expected]);
});
