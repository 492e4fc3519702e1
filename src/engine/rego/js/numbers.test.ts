// Exact numbers, against OPA's own arithmetic.
import fc from "fast-check";
import { expect, test } from "vitest";
import { opaBuiltin } from "./builtins/opa.js";
import { add, divide, multiply, numberToText, parseNumber, subtract, sum, type RegoNumber } from "./numbers.js";
import { toJsonText, type Value } from "./values.js";

const context = { now: () => 1n, charge: () => undefined };
const opa = (name: string, ...args: Value[]): string => toJsonText(opaBuiltin(name, context)(...args) ?? null);

function number(text: string): RegoNumber {
  const parsed = parseNumber(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

test.each([
  ["-0", "0"],
  ["1.50", "1.5"],
  ["9007199254740993", "9007199254740993"],
  ["1e21", "1000000000000000000000"],
  ["0.0001", "0.0001"],
  ["0.1234567890123456789", "0.1234567890123456789"],
  ["12e-30", "1.2e-29"],
])("%s is written %s", (text, written) => {
  expect(numberToText(number(text))).toBe(written);
});

test("powers of two are written as Go writes them, also with a fraction among the terms", () => {
  const powers = Array.from({ length: 130 }, (_, power) => number(String(2n ** BigInt(power))));
  expect(powers.map((power) => numberToText(sum([power, 0.5])))).toEqual(
    powers.map((power) => opa("sum", [power, 0.5])),
  );
  const halves = powers.map((power) => divide(1, power) ?? null);
  expect(halves.map(toJsonText)).toEqual(powers.map((power) => opa("div", 1, power)));
});

test.each([
  ["619841019842644779960", ["622702602112224.000030517578126", "619840397140042667680.000000001"]],
  ["-3689348814741910319800", ["3323.06998946228968225951765070086144", "-3689348814741910323200"]],
])("of decimals as short as each other it is Go's: %s", (written, terms) => {
  expect([numberToText(sum(terms.map(number))), opa("sum", terms.map(number))]).toEqual([written, written]);
});

/** Many at the edges of 53 and 64 bits, where rounding shows. */
const edges = fc
  .tuple(fc.integer({ min: 50, max: 130 }), fc.bigInt({ min: -3n, max: 3n }), fc.integer({ min: -40, max: 3 }))
  .map(([power, off, exponent]) => number(`${2n ** BigInt(power) + off}e${exponent}`));
const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: -40, max: 12 }))
  .map(([digits, exponent]) => number(`${digits}e${exponent}`));
const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => number(String(value)));
const numbers = fc.oneof(edges, decimals, doubles, fc.integer(), fc.constantFrom(0, 1, -1, 0.5, 0.1));

test.each([
  ["plus", add],
  ["minus", subtract],
  ["mul", multiply],
  ["div", divide],
] as const)("%s is OPA's, to the last digit", (name, compute) => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      if (name === "div" && b === 0) return;
      expect([numberToText(a), numberToText(b), numberToText(compute(a, b) ?? 0)]).toEqual([
        numberToText(a),
        numberToText(b),
        opa(name, a, b),
      ]);
    }),
    { numRuns: Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? 200) },
  );
});

test("a sum is OPA's, to the last digit", () => {
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 5 }), (terms) => {
      expect([terms.map(numberToText), numberToText(sum(terms))]).toEqual([terms.map(numberToText), opa("sum", terms)]);
    }),
    { numRuns: Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? 200) },
  );
});
