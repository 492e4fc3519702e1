// Functions of ours beside OPA's own, for tests.
import fc from "fast-check";
import { expect } from "vitest";
import { parseNumber } from "../../numbers.js";
import { encodeValue } from "../../encoding.js";
import { equal, RegoObject, RegoSet, type Value } from "../../values.js";
import { BuiltinError, type Builtin, type BuiltinContext, type Builtins } from "../builtin.js";
import { opaBuiltin } from "../opa.js";

export const context: BuiltinContext = {
  now: () => 1n,
  print: () => undefined,
  charge: () => undefined,
  memory: new Map(),
};

type Outcome = { readonly value: Value | undefined } | { readonly code: string };

function outcome(call: Builtin, args: readonly Value[]): Outcome {
  try {
    return { value: (call as (...args: Value[]) => Value | undefined)(...args) };
  } catch (thrown) {
    if (!(thrown instanceof BuiltinError)) throw new Error(`${args.map(encodeValue).join(" ")}: ${String(thrown)}`);
    return { code: thrown.code };
  }
}

function same(a: Outcome, b: Outcome): boolean {
  if ("code" in a || "code" in b) return "code" in a && "code" in b && a.code === b.code;
  return equal(a.value, b.value);
}

function text(one: Outcome): string {
  if ("code" in one) return one.code;
  return one.value === undefined ? "undefined" : encodeValue(one.value);
}

/** Values are the same values, and errors have the same code. */
export function expectAsOpa(own: Builtins, name: string, args: readonly Value[]): void {
  const [mine, theirs] = [outcome(own[name] as Builtin, args), outcome(opaBuiltin(name, context), args)];
  if (same(mine, theirs)) return;
  expect([name, ...args.map(encodeValue), text(mine)]).toEqual([name, ...args.map(encodeValue), text(theirs)]);
}

/** `operands`: one arbitrary for each. Now and then one of them is of any kind. */
export function checkAsOpa(own: Builtins, name: string, operands: readonly fc.Arbitrary<Value>[], numRuns = 200): void {
  const mostly = operands.map((operand) =>
    fc.oneof({ weight: 12, arbitrary: operand }, { weight: 1, arbitrary: anyValue }),
  );
  const runs = Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? numRuns);
  const seed = Number(process.env["PORTCULLIS_FUZZ_SEED"] ?? 7);
  fc.assert(
    fc.property(fc.tuple(...mostly), (args) => {
      expectAsOpa(own, name, args);
    }),
    { numRuns: runs, seed },
  );
}

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", "a", "ab", "a.b.c", "ß", "é", "😀", "x😀y", "\u0000", "\ue000", " a ", "\t\n", "\u2028", '"\\'),
  fc.string({ maxLength: 6 }),
  fc.string({ maxLength: 6, unit: "binary" }),
);

export const anyNumber: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(1.5, -0.5, 0.1, 1e21, 1e-7, 9007199254740991),
  fc
    .constantFrom("9007199254740993", "123456789012345678901234567890", "0.1234567890123456789")
    .map((number) => parseNumber(number) as Value),
);

export const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(null, true, false),
    anyNumber,
    anyText,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => RegoSet.of(items)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => RegoObject.of(entries)),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), tie("value"), {
      maxKeys: 3,
    }) as fc.Arbitrary<Value>,
  ),
})).value;
