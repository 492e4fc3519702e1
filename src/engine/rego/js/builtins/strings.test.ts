import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeValue } from "../encoding.js";
import { RegoObject, RegoSet, type Value } from "../values.js";
import { stringBuiltins } from "./strings.js";
import { anyNumber, anyText, anyValue, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";

const own = stringBuiltins(context);

type Case = readonly [name: string, ...args: Value[]];
const cases: readonly Case[] = [
  ["concat", ",", []],
  ["concat", ",", ["a"]],
  ["concat", ",", [1]],
  ["concat", ",", RegoSet.of(["b", "a"])],
  ["concat", ",", RegoSet.of([1])],
  ["concat", ",", "a"],
  ["concat", 1, []],
  ["format_int", 15.9, 16],
  ["format_int", -15.9, 16],
  ["format_int", -0.5, 10],
  ["format_int", 1e21, 2],
  ["format_int", 1, 3],
  ["format_int", 1, 1e1],
  ["format_int", -255, 16],
  ["indexof", "a😀b", "b"],
  ["indexof", "abc", ""],
  ["indexof", "", "a"],
  ["indexof_n", "aaaa", "aa"],
  ["indexof_n", "😀a😀a", "a"],
  ["indexof_n", "abc", "x"],
  ["indexof_n", "a", ""],
  ["lower", "ÀÉİΣΑΣ"],
  ["lower", "Ωǅ\u1e9e"],
  ["upper", "ßŉǰﬁé"],
  ["upper", "ᾳἀι\u0345"],
  ["upper", "ÿƛɤ"],
  ["lower", "日本Ａ"],
  ["upper", "ⅷ"],
  ["upper", "ա֊և"],
  ["replace", "aaa", "aa", "b"],
  ["replace", "abc", "", "-"],
  ["replace", "é", "", "-"],
  ["replace", "", "", "-"],
  ["replace", "a", "a", "$&"],
  ["split", "", ""],
  ["split", "", ","],
  ["split", "a😀", ""],
  ["split", "a,b,", ","],
  ["split", "abc", "abc"],
  ["strings.count", "cheese", "e"],
  ["strings.count", "a😀", ""],
  ["strings.count", "", ""],
  ["strings.count", "aaa", "aa"],
  ["strings.split_n", "a,b,c", ",", 2],
  ["strings.split_n", "a,b,c", ",", 0],
  ["strings.split_n", "a,b,c", ",", -2],
  ["strings.split_n", "a,b,c", ",", -9],
  ["strings.split_n", "a,b,c", ",", 9],
  ["strings.split_n", "a😀b", "", 2],
  ["strings.split_n", "", "", 1],
  ["strings.split_n", "", ",", -1],
  ["strings.split_n", "a", ",", 1.5],
  ["strings.split_n", "a,b", ",", 9007199254740991],
  ["strings.replace_n", { a: "b", b: "a" }, "aabb"],
  ["strings.replace_n", { a: "1", ab: "2" }, "ab"],
  ["strings.replace_n", { "": "-" }, "é"],
  ["strings.replace_n", { "": "-", a: "x" }, "ab"],
  ["strings.replace_n", {}, "ab"],
  ["strings.replace_n", { "😀": "x", é: "" }, "é😀"],
  ["strings.replace_n", RegoObject.of([[1, "a"]]), "a"],
  ["strings.replace_n", { a: 1 }, "a"],
  ["strings.replace_n", { __proto__x: "1", constructor: "2" }, "constructor"],
  ["strings.reverse", "a😀é"],
  ["substring", "a😀b", 1, 1],
  ["substring", "abc", -1, 1],
  ["substring", "abc", 1, -1],
  ["substring", "abc", 9, 1],
  ["substring", "", 1, 1],
  ["substring", "é", 0, 9007199254740991],
  ["substring", "abc", 1.5, 1],
  ["trim", "😀a😀", "😀"],
  ["trim", "abc", ""],
  ["trim_left", "aab", "a"],
  ["trim_right", "baa", "a"],
  ["trim_space", "\u0085\u00a0 a\u3000"],
  ["trim_space", "\ufeffa\u180e"],
  ["trim_prefix", "aab", "a"],
  ["trim_suffix", "baa", "a"],
  ["strings.any_prefix_match", ["a", 1], "a"],
  ["strings.any_prefix_match", "ab", ["a", 1]],
  ["strings.any_suffix_match", RegoSet.of(["xb"]), ["b"]],
  ["strings.any_prefix_match", [], [1]],
  ["strings.any_prefix_match", 1, 1],
];

for (const [name, ...args] of cases) {
  test(`${name} ${args.map(encodeValue).join(" ")}`, () => {
    expectAsOpa(own, name, args);
  });
}

test("every letter has OPA's case", () => {
  const letters = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).join("");
  for (let at = 0; at < letters.length; at += 64) {
    expectAsOpa(own, "lower", [letters.slice(at, at + 64)]);
    expectAsOpa(own, "upper", [letters.slice(at, at + 64)]);
  }
});

test("a text of replacements is charged before it is made", () => {
  const charge = (bytes: number): void => {
    if (bytes > 1_000_000) throw new RangeError("budget");
  };
  const bounded = stringBuiltins({ ...context, charge });
  const replaceAll = bounded["strings.replace_n"] as (...args: Value[]) => Value;
  expect(() => replaceAll({ a: "x".repeat(1_000_000) }, "a".repeat(100))).toThrow("budget");
});

const text = fc.oneof(
  anyText,
  fc.string({ unit: fc.constantFrom("a", "b", ".", "é", "😀", "A", "ß", "Σ", "İ"), maxLength: 8 }),
);
const texts = fc.oneof<fc.Arbitrary<Value>[]>(
  text,
  fc.array(text, { maxLength: 3 }),
  fc.array(text, { maxLength: 3 }).map((items) => RegoSet.of(items)),
  anyValue,
);
const patterns = fc.dictionary(text, text, { maxKeys: 3 }) as fc.Arbitrary<Value>;

describe("as OPA", () => {
  const operands: Readonly<Record<string, readonly fc.Arbitrary<Value>[]>> = {
    concat: [text, texts],
    format_int: [anyNumber, fc.constantFrom(2, 8, 10, 16, 3)],
    "strings.any_prefix_match": [texts, texts],
    "strings.any_suffix_match": [texts, texts],
    "strings.replace_n": [patterns, text],
    "strings.split_n": [text, text, anyNumber],
    substring: [text, anyNumber, anyNumber],
  };
  test.each(Object.keys(own))("%s", (name) => {
    const length = (own[name] as (...args: Value[]) => Value).length;
    checkAsOpa(own, name, operands[name] ?? Array.from({ length }, () => text));
  });
});
