import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Value } from "../values.js";
import { semverBuiltins as own } from "./semver.js";
import { anyText, checkAsOpa, expectAsOpa } from "./testing/against-opa.js";

/** In ascending order. */
const versions = [
  "0.0.0-0",
  "0.0.1",
  "1.2.3-4",
  "1.2.3-5",
  "1.2.3-99999999999999999999",
  "1.2.3--",
  "1.2.3-4-foo",
  "1.2.3-Foo",
  "1.2.3-a",
  "1.2.3-a.5",
  "1.2.3-a.10",
  "1.2.3-a.b",
  "1.2.3-a.b.0",
  "1.2.3-rc",
  "v1.2.3+meta",
  "1.10.0",
  "9223372036854775807.0.0",
];

test.each(versions)("%s beside the others", (version) => {
  for (const other of versions) expectAsOpa(own, "semver.compare", [version, other]);
});

test.each([
  "",
  "1",
  "1.2",
  "1.2.3.4",
  "v",
  "vv1.2.3",
  "V1.2.3",
  "01.2.3",
  "1.02.3",
  "-1.2.3",
  "+1.2.3",
  "1.2.3-",
  "1.2.3+",
  "1.2.3-01",
  "1.2.3-0a",
  "1.2.3-a..b",
  "1.2.3-é",
  "1.2.3+a+b",
  "1.2.3\n",
  " 1.2.3",
  "9223372036854775808.0.0",
  "1.2.x",
  "1.2.3-a_b",
  "1.2.3+001",
  7,
  null,
] satisfies Value[])("%j may be a version", (text) => {
  expectAsOpa(own, "semver.is_valid", [text]);
  expectAsOpa(own, "semver.compare", [text, "1.0.0"]);
  expectAsOpa(own, "semver.compare", ["1.0.0", text]);
});

test("numbers that do not fit 63 bits are the same number", () => {
  // OPA itself compares these for ever.
  const compare = own["semver.compare"] as (a: Value, b: Value) => Value;
  expect(compare("1.0.0-99999999999999999999", "1.0.0-99999999999999999998")).toEqual(0);
});

const texts = fc.oneof(
  fc.constantFrom(...versions),
  fc
    .array(fc.constantFrom("1", "0", "10", ".", ".", "-", "+", "a", "v", "00"), { maxLength: 10 })
    .map((parts) => parts.join("")),
  fc
    .tuple(
      fc.nat({ max: 2 }),
      fc.nat({ max: 2 }),
      fc.nat({ max: 2 }),
      fc.constantFrom("", "-a", "-1", "-a.1", "-10.a", "+b"),
    )
    .map(([a, b, c, rest]) => `${a}.${b}.${c}${rest}`),
  anyText,
);

describe("as OPA", () => {
  test("semver.compare", () => {
    checkAsOpa(own, "semver.compare", [texts, texts], 500);
  });
  test("semver.is_valid", () => {
    checkAsOpa(own, "semver.is_valid", [texts], 500);
  });
});
