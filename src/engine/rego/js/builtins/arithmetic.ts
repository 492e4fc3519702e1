import {
  add,
  divide,
  fromBigInt,
  isInteger,
  multiply,
  subtract,
  toBigInt,
  toDouble,
  type RegoNumber,
} from "../numbers.js";
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
  const shift = opaBuiltin("bits.lsh", context);
  return {
    ...exact,
    mul: (a: Value, b: Value) => {
      const [x, y] = [numberOperand(a, 1), numberOperand(b, 2)];
      // A product is as long as both: squared again and again, a number would fill the memory.
      if (lengthOf(x) + lengthOf(y) > maxDigits) context.charge(Number.POSITIVE_INFINITY);
      return multiply(x, y);
    },
    "numbers.range": (a: Value, b: Value) => range(bigIntOperand(a, 1), bigIntOperand(b, 2), 1n, context.charge),
    "numbers.range_step": (a: Value, b: Value, c: Value) => {
      const [from, to, step] = [bigIntOperand(a, 1), bigIntOperand(b, 2), bigIntOperand(c, 3)];
      if (step < 1n) throw new BuiltinError("numbers.range_step: step must be a positive integer");
      return range(from, to, step, context.charge);
    },
    "bits.lsh": (a: Value, b: Value) => {
      context.charge(isNumber(b) ? Math.max(0, toDouble(b)) : 0);
      return shift(a, b);
    },
    abs: ofSafeInteger(Math.abs, opaBuiltin("abs", context)),
    ceil: ofSafeInteger((a) => a, opaBuiltin("ceil", context)),
    floor: ofSafeInteger((a) => a, opaBuiltin("floor", context)),
    round: ofSafeInteger((a) => a, opaBuiltin("round", context)),
  };
}

/** Longer numbers are not computed with. */
const maxDigits = 100_000;

/** About how many digits a number has, zeros included. */
function lengthOf(number: RegoNumber): number {
  return typeof number === "number" ? 17 : number.digits.toString(16).length * 1.2 + Math.abs(number.exponent);
}

/** From one end to the other, whichever is the larger, both of them in it where the steps meet them. */
function range(from: bigint, to: bigint, step: bigint, charge: BuiltinContext["charge"]): Value {
  const distance = from <= to ? to - from : from - to;
  const count = Number(distance / step) + 1;
  charge(8 * count, count);
  const signed = from <= to ? step : -step;
  if (distance <= 2n ** 52n && from === BigInt(Number(from))) {
    const [first, by] = [Number(from), Number(signed)];
    return Array.from({ length: count }, (_, at) => first + at * by);
  }
  return Array.from({ length: count }, (_, at) => fromBigInt(from + BigInt(at) * signed));
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
