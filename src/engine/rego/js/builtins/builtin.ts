// What a built-in function is: positional values in, a value out; undefined is Rego's undefined. What it cannot take it
// refuses by throwing BuiltinError, which makes the call undefined, or ends the evaluation where errors are strict.
import { isArray, isNumber, isObjectValue, isSet, typeName } from "../values.js";
import type { ObjectValue, RegoSet, TypeName, Value } from "../values.js";
import { isInteger, toBigInt, type RegoNumber } from "../numbers.js";

export type Builtin = (...args: never[]) => Value | undefined;
export type Builtins = Readonly<Record<string, Builtin>>;

/** What functions know of the evaluation they are called in; one an evaluator. */
export interface BuiltinContext {
  /** Nanoseconds since 1970, the same during one evaluation. */
  readonly now: () => bigint;
  /** Takes what `print` wrote, and where. */
  readonly print: (text: string) => void;
  /** Counts bytes that are about to be made, and steps of work; ends the evaluation where they are too many. */
  readonly charge: (bytes: number, steps?: number) => void;
  /** What a function has to give again in the same evaluation (random numbers, by their key). Emptied for each. */
  readonly memory: Map<string, Value>;
}

/** OPA's codes. */
export type BuiltinErrorCode = "eval_builtin_error" | "eval_type_error" | "eval_conflict_error";

export class BuiltinError extends Error {
  readonly code: BuiltinErrorCode;
  constructor(message: string, code: BuiltinErrorCode = "eval_builtin_error") {
    // A stack would cost more than most functions do, and nobody reads it: policies ask for what is not there all the time.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
    this.name = "BuiltinError";
    this.code = code;
  }
}

/** As OPA says it: `operand 1 must be string but got number`. Positions start at 1. */
export function wrongOperand(position: number, value: Value, ...expected: readonly (TypeName | "integer")[]): never {
  const names = expected.length === 1 ? expected[0] : `one of {${expected.join(", ")}}`;
  throw new BuiltinError(`operand ${position} must be ${names} but got ${typeName(value)}`, "eval_type_error");
}

export function stringOperand(value: Value, position: number): string {
  return typeof value === "string" ? value : wrongOperand(position, value, "string");
}

export function booleanOperand(value: Value, position: number): boolean {
  return typeof value === "boolean" ? value : wrongOperand(position, value, "boolean");
}

export function numberOperand(value: Value, position: number): RegoNumber {
  return isNumber(value) ? value : wrongOperand(position, value, "number");
}

/** An integer of 64 bits; one that JavaScript cannot hold as the nearest that it can: it is a position or a length. */
export function integerOperand(value: Value, position: number): number {
  if (!isNumber(value)) return wrongOperand(position, value, "number");
  if (!isInteger(value)) {
    throw new BuiltinError(
      `operand ${position} must be integer number but got floating-point number`,
      "eval_type_error",
    );
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const integer = toBigInt(value) ?? 0n;
  if (integer === BigInt.asIntN(64, integer)) return integer < 0n ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
  throw new BuiltinError(`operand ${position} must be an integer that fits 64 bits`, "eval_type_error");
}

export function bigIntOperand(value: Value, position: number): bigint {
  const number = numberOperand(value, position);
  const integer = toBigInt(number);
  if (integer !== undefined) return integer;
  throw new BuiltinError(`operand ${position} must be integer number but got floating-point number`, "eval_type_error");
}

export function arrayOperand(value: Value, position: number): readonly Value[] {
  return isArray(value) ? value : wrongOperand(position, value, "array");
}

export function setOperand(value: Value, position: number): RegoSet {
  return isSet(value) ? value : wrongOperand(position, value, "set");
}

export function objectOperand(value: Value, position: number): ObjectValue {
  return isObjectValue(value) ? value : wrongOperand(position, value, "object");
}

/** The elements of an array, or of a set in OPA's order. */
export function elementsOperand(value: Value, position: number): readonly Value[] {
  if (isArray(value)) return value;
  return isSet(value) ? value.sorted() : wrongOperand(position, value, "array", "set");
}
