import { add, divide, fromBigInt, isInteger, multiply, subtract, toBigInt } from "../numbers.js";
import { isNumber, isSet, RegoSet, typeName, type Value } from "../values.js";
import {
  bigIntOperand,
  BuiltinError,
  numberOperand,
  wrongOperand,
  type BuiltinContext,
  type Builtins,
} from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export function arithmeticBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  return {
    ...exact,
    abs: ofSafeInteger(Math.abs, opaBuiltin("abs", context)),
    ceil: ofSafeInteger((a) => a, opaBuiltin("ceil", context)),
    floor: ofSafeInteger((a) => a, opaBuiltin("floor", context)),
    round: ofSafeInteger((a) => a, opaBuiltin("round", context)),
  };
}

/** OPA computes these with 64 bits, whatever the number has: so it does it itself where that shows. */
function ofSafeInteger(compute: (a: number) => number, opa: (a: Value) => Value | undefined) {
  return (a: Value): Value | undefined => {
    const number = numberOperand(a, 1);
    return typeof number === "number" && Number.isSafeInteger(number) ? compute(number) : opa(number);
  };
}

const exact: Builtins = {
  plus: (a: Value, b: Value) => add(numberOperand(a, 1), numberOperand(b, 2)),
  minus,
  mul: (a: Value, b: Value) => multiply(numberOperand(a, 1), numberOperand(b, 2)),
  div: (a: Value, b: Value) => {
    const quotient = divide(numberOperand(a, 1), numberOperand(b, 2));
    if (quotient === undefined) throw new BuiltinError("divide by zero");
    return quotient;
  },
  rem: (a: Value, b: Value) => {
    const [x, y] = [numberOperand(a, 1), numberOperand(b, 2)];
    if (!isInteger(x) || !isInteger(y)) throw new BuiltinError("modulo on floating-point number");
    if (y === 0) throw new BuiltinError("modulo by zero");
    return fromBigInt((toBigInt(x) ?? 0n) % (toBigInt(y) ?? 1n));
  },
  "bits.and": (a: Value, b: Value) => fromBigInt(bigIntOperand(a, 1) & bigIntOperand(b, 2)),
  "bits.or": (a: Value, b: Value) => fromBigInt(bigIntOperand(a, 1) | bigIntOperand(b, 2)),
  "bits.xor": (a: Value, b: Value) => fromBigInt(bigIntOperand(a, 1) ^ bigIntOperand(b, 2)),
  "bits.negate": (a: Value) => fromBigInt(~bigIntOperand(a, 1)),
};

/** Of numbers the difference, of sets what is in the first only. */
function minus(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) return subtract(a, b);
  if (isSet(a) && isSet(b)) return RegoSet.of([...a.values()].filter((value) => !b.has(value)));
  if (!isNumber(a) && !isSet(a)) return wrongOperand(1, a, "number", "set");
  if (isNumber(a) !== isNumber(b)) return wrongOperand(2, b, typeName(a));
  return wrongOperand(2, b, "number", "set");
}
