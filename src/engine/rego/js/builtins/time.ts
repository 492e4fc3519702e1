import { randomInt, randomUUID } from "node:crypto";
import { fromBigInt } from "../numbers.js";
import { keyOf, type Value } from "../values.js";
import { BuiltinError, integerOperand, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

/** Functions whose answer is another one at another time, and the same within one evaluation. */
export function unsteadyBuiltins(context: BuiltinContext): Builtins {
  const remembered = (name: string, key: unknown, make: () => Value): Value => {
    const full = `${name}:${JSON.stringify(key)}`;
    const value = context.memory.get(full) ?? make();
    context.memory.set(full, value);
    return value;
  };
  return {
    "time.now_ns": () => fromBigInt(context.now()),
    "rand.intn": (a: Value, b: Value) => {
      const [text, size] = [stringOperand(a, 1), Math.abs(integerOperand(b, 2))];
      if (size >= 2 ** 48) throw new BuiltinError("the range is larger than 2^48");
      return size === 0 ? 0 : remembered("rand", [text, size], () => randomInt(size));
    },
    "uuid.rfc4122": (a: Value) => remembered("uuid", keyOf(a), () => randomUUID()),
    "opa.runtime": () => ({}),
    trace: () => true,
  };
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;
const [earliest, latest] = [-(2n ** 63n), 2n ** 63n - 1n];

export function timeBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const opa = opaBuiltin("time.parse_rfc3339_ns", context);
  return {
    // Go also takes an hour of one digit and an offset of 24 hours: OPA says what becomes of texts that are not strict.
    "time.parse_rfc3339_ns": (a: Value) => strictTime(stringOperand(a, 1)) ?? opa(a),
  };
}

/** Nanoseconds since 1970, or undefined for what is no RFC 3339 text to the letter. */
function strictTime(text: string): Value | undefined {
  const [, seconds = "", fraction = "", zone = ""] = rfc3339.exec(text) ?? [];
  const milliseconds = Date.parse(seconds + zone);
  if (Number.isNaN(milliseconds) || !isOnCalendar(seconds)) return undefined;
  const nanoseconds = BigInt(milliseconds) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return nanoseconds < earliest || nanoseconds > latest ? undefined : fromBigInt(nanoseconds);
}

/** JavaScript takes 30 February for 2 March. */
function isOnCalendar(seconds: string): boolean {
  return new Date(`${seconds}Z`).toISOString().startsWith(seconds);
}
