// Every function of ours against OPA's own.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNumber } from "../numbers.js";
import { equal, RegoObject, RegoSet, toJsonText, type Value } from "../values.js";
import { encodeValue } from "../encoding.js";
import { BuiltinError, type Builtin, type BuiltinContext } from "./builtin.js";
import { ownBuiltins } from "./index.js";
import { opaBuiltin } from "./opa.js";

const context: BuiltinContext = { now: () => 1n, print: () => undefined, charge: () => undefined, memory: new Map() };
const own = ownBuiltins(context);

/** They give something else each time, take what others do not, or are no function in OPA. */
const unsteady = new Set([
  "eq",
  "time.now_ns",
  "rand.intn",
  "uuid.rfc4122",
  "opa.runtime",
  "trace",
  "walk",
  "internal.print",
]);

const texts = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "ab",
    "aab",
    "b",
    ".",
    "a.b.c",
    "ß",
    "İ",
    "ΑΣ",
    "é",
    "😀",
    "x😀y",
    "\u0000",
    "\ue000",
    "%d",
    "%s %v",
    "100%",
  ),
  fc.constantFrom(
    " a ",
    "\t\n",
    "\u0085a\u00a0",
    "12",
    "-1.5",
    "1e3",
    "+1",
    "0x10",
    "inf",
    "NaN",
    "2020-01-01T00:00:00Z",
  ),
  fc.constantFrom(
    "2024-02-30T00:00:00Z",
    "1600-01-01T00:00:00Z",
    "2021-06-01T12:30:00.123456789+02:00",
    "a*",
    "(a|b)+",
    "[",
    "^a$",
    "\\d",
  ),
  fc.string({ maxLength: 6 }),
);
const numbers = fc.oneof(
  fc.integer({ min: -4, max: 20 }),
  fc.constantFrom(0, 1, 2, 8, 10, 16, 1.5, -0.5, 2.5, 0.1, 0.3, 1e21, 1e-7, 9007199254740991, -9007199254740991),
  fc
    .constantFrom("9007199254740993", "123456789012345678901234567890", "0.1234567890123456789", "1e-30")
    .map((text) => parseNumber(text) as Value),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
);
const scalars: fc.Arbitrary<Value> = fc.oneof(fc.constantFrom(null, true, false), numbers, texts);
const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalars,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => RegoSet.of(items)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => RegoObject.of(entries)),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor", "$set"), tie("value"), {
      maxKeys: 3,
    }) as fc.Arbitrary<Value>,
  ),
}));
const nodes = fc.constantFrom<Value>("a", "b", "c", "d");
const neighbours = fc.array(nodes, { maxLength: 3 });
const graphs = fc
  .array(
    fc.tuple(
      nodes,
      fc.oneof(
        neighbours,
        neighbours.map((found) => RegoSet.of(found)),
      ),
    ),
    { maxLength: 5 },
  )
  .map((entries) => RegoObject.of(entries));
/** Operands as the functions mostly want them, so that not all that is compared is a refusal. */
const operand = fc.oneof(
  { weight: 3, arbitrary: texts },
  { weight: 3, arbitrary: numbers },
  fc.array(texts, { maxLength: 4 }) as fc.Arbitrary<Value>,
  fc.array(numbers, { maxLength: 4 }) as fc.Arbitrary<Value>,
  fc.array(texts, { maxLength: 4 }).map((items) => RegoSet.of(items)),
  fc
    .array(
      fc.array(numbers, { maxLength: 3 }).map((items) => RegoSet.of(items)),
      { maxLength: 3 },
    )
    .map((sets) => RegoSet.of(sets)),
  graphs,
  values,
);

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
  return one.value === undefined ? "undefined" : toJsonText(one.value);
}

/** A range from here to 2^53 takes OPA's memory, and ours is not asked for it. */
const isHuge = (name: string, args: readonly Value[]): boolean =>
  name.startsWith("numbers.range") && args.some((arg) => !Number.isInteger(arg) || Math.abs(Number(arg)) > 1_000);

const names = [...own.keys()].filter((name) => !unsteady.has(name));

test.each(names)("%s", (name) => {
  const ours = own.get(name) as Builtin;
  const opa = opaBuiltin(name, context);
  fc.assert(
    fc.property(fc.array(operand, { minLength: ours.length, maxLength: ours.length }), (args) => {
      if (isHuge(name, args)) return;
      const [mine, theirs] = [outcome(ours, args), outcome(opa, args)];
      if (!same(mine, theirs))
        expect([args.map(encodeValue), text(mine)]).toEqual([args.map(encodeValue), text(theirs)]);
    }),
    { numRuns: Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? 150), seed: 7 },
  );
});
