import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNumber } from "../numbers.js";
import { RegoObject, RegoSet, type Value } from "../values.js";
import { sprintfBuiltins } from "./sprintf.js";
import { anyText, anyValue, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";

const own = sprintfBuiltins(context);
const numbers: readonly Value[] = [
  0,
  1,
  -1,
  42,
  -255,
  1.5,
  -2.5,
  0.5,
  0.125,
  1e20,
  1e21,
  1.5e300,
  1e-7,
  0.0001,
  0.00001,
  123456789.123456789,
  999999999.9999999,
  0.1,
  9007199254740993,
  ...["123456789012345678901234567890", "0.1234567890123456789"].map((text) => parseNumber(text) as Value),
];
const others: readonly Value[] = [
  "",
  "abc",
  "é😀",
  'a"b\\',
  "\n\t",
  "a\u007f",
  "%d",
  null,
  true,
  [],
  {},
  ["a", 1, null],
  RegoSet.of([]),
  RegoSet.of(["b", 1]),
  { a: [1], b: "é" },
  RegoObject.of([
    [1, "x"],
    [["k"], RegoSet.of([2])],
  ]),
];
const verbs = [
  "%v",
  "%s",
  "%d",
  "%x",
  "%X",
  "%o",
  "%b",
  "%q",
  "%f",
  "%.2f",
  "%.0f",
  "%8.3f",
  "%-8.1f|",
  "%08.2f",
  "%5d",
  "%-5d|",
  "%05d",
  "%6x",
  "%06b",
  "%10s",
  "%-10s|",
  "%010s",
  "%10v",
  "%-10v|",
  "%010v",
  "%3v",
  "%t",
  "%T",
  "%e",
  "%g",
  "%c",
  "%U",
  "%+d",
  "% d",
  "%#x",
  "%[1]v",
  "%*d",
  "%.3s",
  "%.2v",
  "%.",
  "%",
  "%%",
  "%!",
  "%-",
  "%5%",
  "%z",
];

test.each(verbs)("%j of anything", (verb) => {
  for (const value of [...numbers, ...others]) expectAsOpa(own, "sprintf", [`<${verb}>`, [value]]);
});

const cases: readonly (readonly [format: Value, args: Value])[] = [
  ["", []],
  ["", [1]],
  ["%d", []],
  ["%d %s", [1]],
  ["%d%d", [1, 2]],
  ["100%% of %v", ["é"]],
  ["%[2]d %[1]d", [1, 2]],
  ["%d%", [1]],
  [1, []],
  ["a", "b"],
  ["a", RegoSet.of([1])],
];

test.each(cases)("sprintf %j %j", (format, args) => {
  expectAsOpa(own, "sprintf", [format, args]);
});

const templates: readonly Value[] = [
  [],
  ["a", 1, true, null, 1.5],
  ["a ", RegoSet.of([]), " b"],
  [RegoSet.of(["x"]), RegoSet.of([["y"]]), RegoSet.of([{ a: "é" }]), RegoSet.of([RegoSet.of([1])])],
  [RegoSet.of([1, 2])],
  [RegoSet.of(["\n"]), RegoSet.of([["\n"]])],
  [RegoSet.of([parseNumber("0.1234567890123456789") as Value])],
  "a",
];

test.each(templates)("template %j", (template) => {
  expectAsOpa(own, "internal.template_string", [template]);
});

test("a width is charged with the text", () => {
  const charge = (bytes: number): void => {
    if (bytes > 10_000) throw new RangeError("budget");
  };
  const sprintf = sprintfBuiltins({ ...context, charge })["sprintf"] as (...args: Value[]) => Value;
  expect(() => sprintf("%999d".repeat(20), Array<Value>(20).fill(1))).toThrow("budget");
});

const formats = fc
  .array(fc.oneof(fc.constantFrom(...verbs), fc.constantFrom("a", " ", "é", "%v", "%s", "%d", "%.2f")), {
    maxLength: 4,
  })
  .map((parts) => parts.join(""));
const values = fc.oneof(
  anyValue,
  fc.constantFrom(...numbers),
  anyText,
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.integer(),
  fc.integer({ min: -9999, max: 9999 }).map((thousandths) => thousandths / 1_000),
);

test("sprintf is as OPA's", () => {
  checkAsOpa(own, "sprintf", [formats, fc.array(values, { maxLength: 4 })], 1_500);
});

test("templates are as OPA's", () => {
  const part = fc.oneof(
    anyText,
    fc.array(anyValue, { maxLength: 1 }).map((items) => RegoSet.of(items)),
  );
  checkAsOpa(own, "internal.template_string", [fc.array(part, { maxLength: 4 })], 300);
});

test("%.nf of many numbers", () => {
  const fraction = fc
    .tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 1 << 20 }), fc.nat({ max: 20 }))
    .map(([whole, part, bits]) => whole + part / 2 ** bits);
  fc.assert(
    fc.property(fraction, fc.nat({ max: 7 }), (number, digits) => {
      expectAsOpa(own, "sprintf", [`%.${digits}f`, [number]]);
    }),
    { numRuns: 1_000, seed: 7 },
  );
});
