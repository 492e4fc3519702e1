import { compareNumbers, floor, fromBigInt, fromDecimal, multiply, parseNumber, type RegoNumber } from "../numbers.js";
import type { Value } from "../values.js";
import { BuiltinError, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

/** Plain numbers with units; OPA has the others: with exponents, signs, spaces, hexadecimal. */
export function unitBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const [opaUnits, opaBytes] = [opaBuiltin("units.parse", context), opaBuiltin("units.parse_bytes", context)];
  return {
    "units.parse": (a: Value) => {
      const [number, unit] = parts(stringOperand(a, 1)) ?? [];
      return number === undefined || unit === undefined ? opaUnits(a) : parseUnits(number, unit);
    },
    "units.parse_bytes": (a: Value) => {
      const [number, unit] = parts(stringOperand(a, 1)) ?? [];
      return (number === undefined || unit === undefined ? null : parseBytes(number, unit)) ?? opaBytes(a);
    },
  };
}

/** The number and the unit as they are written; null for what is not ours. */
function parts(text: string): readonly [string, string] | null {
  const [, number, unit] = /^((?:0|[1-9]\d{0,30})(?:\.\d{1,30})?)([a-zA-Z]*)$/.exec(text.replaceAll('"', "")) ?? [];
  return number === undefined || unit === undefined ? null : [number, unit];
}

const prefixes = ["k", "m", "g", "t", "p", "e"];
const decimal = new Map(prefixes.map((prefix, at) => [prefix, 1000n ** BigInt(at + 1)]));
const binary = new Map(prefixes.map((prefix, at) => [`${prefix}i`, 1024n ** BigInt(at + 1)]));

function parseBytes(number: string, unit: string): RegoNumber | null {
  const name = unit.toLowerCase().replace(/(?<=.)b$/, "");
  const size = unit === "" ? 1n : (decimal.get(name) ?? binary.get(name));
  if (size === undefined) throw new BuiltinError(`units.parse_bytes: byte unit ${unit.slice(0, 40)} not recognized`);
  const value = multiply(parseNumber(number) ?? 0, fromBigInt(size));
  // From there on OPA rounds.
  return compareNumbers(value, 2 ** 63) < 0 ? floor(value) : null;
}

/** 0.001 as the computer has it: OPA multiplies with that. */
const milli = [1152921504606847n, 2n ** 60n] as const;

/** `m` is milli and `M` mega; the case of other letters does not matter. */
function parseUnits(number: string, unit: string): RegoNumber {
  const [whole = "", fraction = ""] = number.split(".");
  const digits = BigInt(whole + fraction);
  const below = 10n ** BigInt(fraction.length);
  if (unit === "m") return quotient(digits * milli[0], below * milli[1]);
  const name = unit.toLowerCase();
  const size = unit === "" ? 1n : (decimal.get(name) ?? binary.get(name));
  if (size === undefined) throw new BuiltinError(`units.parse: unit ${unit.slice(0, 40)} not recognized`);
  return quotient(digits * size, below);
}

/** To ten digits behind the point, half up. */
function quotient(above: bigint, below: bigint): RegoNumber {
  const scaled = above * 10n ** 10n;
  const result = scaled / below;
  return fromDecimal(2n * (scaled % below) >= below ? result + 1n : result, -10);
}
