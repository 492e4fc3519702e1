import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RegoObject, RegoSet, type Value } from "../values.js";
import { jsonBuiltins } from "./json.js";
import { anyText, anyValue, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";

const own = jsonBuiltins(context);

test.each([
  null,
  true,
  1.5,
  1e21,
  1e-7,
  "",
  "<a & b>",
  "\u2028\u2029\u007f\u0080",
  "\b\f\n\r\t\u0001\u001f",
  '"\\/',
  "😀",
  "\ud800",
  [],
  {},
  [[]],
  [{}],
  { b: 1, a: [2, {}] },
  { "\uffff": 1, "😀": 2, "<": 3 },
  RegoSet.of([3, "a", 1]),
  RegoSet.of([]),
  RegoObject.of([[1, 2]]),
  RegoObject.of([
    [["a"], 1],
    ["b", 2],
  ]),
  RegoObject.of([[RegoSet.of([1]), 1]]),
] as readonly Value[])("%j as JSON", (value) => {
  expectAsOpa(own, "json.marshal", [value]);
  for (const options of [
    {},
    { pretty: true },
    { pretty: false, indent: " " },
    { indent: "  " },
    { prefix: "> " },
    { prefix: "<", indent: "\n", pretty: true },
  ] as Value[]) {
    expectAsOpa(own, "json.marshal_with_options", [value, options]);
  }
});

test.each([
  { pretty: 1 },
  { indent: null },
  { prefix: [] },
  { other: 1 },
  RegoObject.of([[1, 2]]),
  [],
  "pretty",
] as readonly Value[])("options %j", (options) => {
  expectAsOpa(own, "json.marshal_with_options", [1, options]);
});

test.each([
  "",
  " ",
  "null",
  " 1 ",
  "1 2",
  "1,",
  "{}]",
  '{"a":1,"a":2}',
  '{"__proto__":1}',
  "01",
  "-0",
  "-",
  "1.",
  ".5",
  "1e5",
  "1E400",
  "1e-400",
  "1e999999999",
  "[1,]",
  "{a:1}",
  "'a'",
  '"\\x"',
  '"\\u00e9"',
  '"\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\\\ud800"',
  '"\n"',
  '"\u2028"',
  "\ufeff1",
  "nan",
  "NaN",
  "Infinity",
  "tru",
  "9007199254740993",
  "0.1234567890123456789",
  "123456789012345678901234567890",
  "[".repeat(1_500) + "]".repeat(1_500),
  "0null",
  "[".repeat(10_001) + "]".repeat(10_001),
  '{"a":'.repeat(20_000),
  `["${"[".repeat(3_000)}"]`,
  3,
  null,
] as readonly Value[])("%j read as JSON", (text) => {
  expectAsOpa(own, "json.unmarshal", [text]);
  expectAsOpa(own, "json.is_valid", [text]);
});

test("what shares its parts is bounded by what it is as text", () => {
  let value: Value = "0123456789";
  for (let at = 0; at < 40; at++) value = [value, value];
  let left = 1_000_000;
  const charge = (bytes: number): void => {
    if ((left -= bytes) < 0) throw new RangeError("budget");
  };
  const marshal = jsonBuiltins({ ...context, charge })["json.marshal"] as (value: Value) => Value;
  expect(() => marshal(value)).toThrow("budget");
});

const jsonText = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc
    .array(fc.constantFrom("{", "}", "[", "]", '"a"', ":", ",", "1", "-", "e", "0", ".", "null", " ", '"', "\\"), {
      maxLength: 8,
    })
    .map((parts) => parts.join("")),
  anyText,
);
const options = fc.oneof(
  fc.record(
    { pretty: fc.boolean(), indent: fc.constantFrom("", " ", "\t"), prefix: fc.constantFrom("", "#") },
    { requiredKeys: [] },
  ),
  fc.dictionary(fc.constantFrom("pretty", "indent", "x"), anyValue, { maxKeys: 2 }),
) as fc.Arbitrary<Value>;

describe("as OPA", () => {
  const operands: Readonly<Record<string, readonly fc.Arbitrary<Value>[]>> = {
    "json.marshal": [anyValue],
    "json.marshal_with_options": [anyValue, options],
    "json.unmarshal": [jsonText],
    "json.is_valid": [jsonText],
  };
  test.each(Object.keys(own))("%s", (name) => {
    checkAsOpa(own, name, operands[name] ?? [], 400);
  });
});
