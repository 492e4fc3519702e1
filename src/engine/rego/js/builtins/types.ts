import { parseNumber } from "../numbers.js";
import { isArray, isNumber, isObjectValue, isSet, RegoSet, typeName, type Value } from "../values.js";
import { wrongOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export function typeBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const opa = opaBuiltin("to_number", context);
  return { ...tests, to_number: (a: Value) => toNumber(a) ?? opa(a) };
}

const tests: Builtins = {
  is_array: (a: Value) => isArray(a),
  is_boolean: (a: Value) => typeof a === "boolean",
  is_null: (a: Value) => a === null,
  is_number: (a: Value) => isNumber(a),
  is_object: (a: Value) => isObjectValue(a),
  is_set: (a: Value) => isSet(a),
  is_string: (a: Value) => typeof a === "string",
  type_name: (a: Value) => typeName(a),
  cast_array: (a: Value) => (isSet(a) ? a.sorted() : isArray(a) ? a : wrongOperand(1, a, "array", "set")),
  cast_set: (a: Value) => (isArray(a) ? RegoSet.of(a) : isSet(a) ? a : wrongOperand(1, a, "array", "set")),
  cast_string: (a: Value) => (typeof a === "string" ? a : wrongOperand(1, a, "string")),
  cast_boolean: (a: Value) => (typeof a === "boolean" ? a : wrongOperand(1, a, "boolean")),
  cast_null: (a: Value) => (a === null ? a : wrongOperand(1, a, "null")),
  cast_object: (a: Value) => (isObjectValue(a) ? a : wrongOperand(1, a, "object")),
};

/** Undefined for texts that are no plain numbers: OPA says what is to become of them. */
function toNumber(value: Value): Value | undefined {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (isNumber(value)) return value;
  if (typeof value !== "string") return wrongOperand(1, value, "null", "boolean", "number", "string");
  // OPA refuses what a double cannot hold, which takes more than 300 digits.
  return value.length < 300 && /^[+-]?\d+(\.\d+)?$/.test(value) ? parseNumber(value.replace("+", "")) : undefined;
}
