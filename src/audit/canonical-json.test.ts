import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../json.js";
import { packageFile } from "../package-root.js";
import { canonicalJson } from "./canonical-json.js";

// The RFC's appendix B.
test.each([
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
])("the number %s is %s", (bits, expected) => {
  expect(canonicalJson(Buffer.from(bits, "hex").readDoubleBE())).toBe(expected);
});

test("the RFC's example of strings and of order", () => {
  const value = {
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000f\nA\'B"\\\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
  const keys = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\u0080", "\u00f6"];
  const sorted = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])));
  expect([...sorted.matchAll(/"([^"]*)":/g)].map(([, key]) => JSON.parse(`"${key}"`) as string)).toEqual([
    ...["\r", "1", "\u0080", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"],
  ]);
});

const vectors = packageFile("node_modules", "canonicalize", "test", "testdata");
test.each(readdirSync(join(vectors, "input")))("the vectors of the RFC's author: %s", (name) => {
  const input = JSON.parse(readFileSync(join(vectors, "input", name), "utf8")) as Json;
  expect(canonicalJson(input)).toBe(readFileSync(join(vectors, "output", name), "utf8").trim());
});

test("as another implementation has it, and readable as JSON", () => {
  const wellFormed = fc.jsonValue({ stringUnit: "binary" }) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(wellFormed, (value) => {
      const text = canonicalJson(value);
      expect(text).toBe((canonicalize as unknown as (value: unknown) => string)(value));
      expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test("the key __proto__ is a key like any other", () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"x":2}}') as Json)).toBe('{"__proto__":{"x":2},"b":1}');
});

const cycle: Record<string, unknown> = {};
cycle["again"] = cycle;
test.each([
  ["half a pair", "\ud800", "surrogate"],
  ["half a pair in a key", { "\udc00": 1 }, "surrogate"],
  ["no number", [Number.NaN], "NaN"],
  ["no finite number", Number.POSITIVE_INFINITY, "Infinity"],
  ["undefined", { a: undefined }, "undefined"],
  ["a hole", new Array<Json>(2), "undefined"],
  ["a bigint", 1n, "bigint"],
  ["a date", new Date(0), "plain"],
  ["a map", new Map(), "plain"],
  ["a cycle", cycle, "256 deep"],
])("refused: %s", (_, value, why) => {
  expect(() => canonicalJson(value as unknown as Json)).toThrow(why);
});
