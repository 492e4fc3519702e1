import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Value } from "../values.js";
import { globBuiltins } from "./glob.js";
import { anyText, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";

const own = globBuiltins(context);

const cases: readonly (readonly [glob: string, delimiters: readonly string[] | null, text: string])[] = [
  ["", [], ""],
  ["*", [], ""],
  ["*", [], "a.b"],
  ["*", null, "a.b\nc"],
  ["**", [], "a.b"],
  ["*.github.com", [], "api.github.com"],
  ["*.github.com", [], "api.cdn.github.com"],
  ["*:github:com", [":"], "api:github:com"],
  ["api.**.com", ["."], "api.cdn.github.com"],
  ["api.?i?.com", [], "api.gib.com"],
  ["a?c", [], "a.c"],
  ["a?c", [], "a😀c"],
  ["[a-cm-x].github.com", [], "n.github.com"],
  ["[!a-c].com", [], "d.com"],
  ["[!abc].com", [], "..com"],
  ["[a\\]b]", [], "]"],
  ["[]", [], "]"],
  ["[]-a]", [], "^"],
  ["[!]", [], "!"],
  ["[!!]", [], "!"],
  ["[!-a]", [], "-"],
  ["[--a]", [], "."],
  ["[z-a]", [], "b"],
  ["[a-", [], "a"],
  ["[a", [], "a"],
  ["[^a]", [], "^"],
  ["[a-b-c]", [], "a"],
  ["{a,b*,}", [], "bcd"],
  ["{a,b*,}", [], ""],
  ["{{a,b},c}d", [], "bd"],
  ["{a,b", [], "a"],
  ["a}b,c", [], "a}b,c"],
  ["{}", [], ""],
  ["{a}}", [], "a}"],
  ["\\*", [], "*"],
  ["\\*", [], "a"],
  ["a\\", [], "a"],
  ["a\\", [], "a\\"],
  ["***", ["."], "a.b"],
  ["*{*0,}", [], "1"],
  ["^a$", [], "^a$"],
  ["(a|b)", [], "a"],
  [".", ["", "."], "."],
  [".", ["ab"], "."],
  ["a*b", ["]", "^", "-"], "a-b"],
  ["a*b", ["]", "^", "-"], "axb"],
];

test.each(cases)("glob %j with %j: %j", (glob, delimiters, text) => {
  expectAsOpa(own, "glob.match", [glob, delimiters, text]);
});

test("a glob that takes gobwas for ever takes no time", () => {
  const match = own["glob.match"] as (...args: Value[]) => Value;
  expect(match("*a".repeat(40) + "c", ["."], "a".repeat(20_000))).toEqual(false);
  expect(match("{*a,*b}".repeat(60) + "c", [], "ab".repeat(5_000))).toEqual(false);
});

const globs = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      ".",
      "*",
      "**",
      "?",
      "{",
      "}",
      ",",
      "[ab]",
      "[!a]",
      "[a-b]",
      "[",
      "]",
      "!",
      "-",
      "\\",
      "é",
      "😀",
      "$",
      "{a,b*}",
      "{,a}",
    ),
    {
      maxLength: 7,
    },
  )
  .map((parts) => parts.join(""));
const subjects = fc.string({ unit: fc.constantFrom("a", "b", ".", "é", "😀", ",", "}", "]", "\n"), maxLength: 6 });
const delimiters = fc.oneof(
  fc.constantFrom<Value>(null, [], ["."], ["a"], ["/", "."], ["😀"], ["ab"], [""], [1], ["]"], ["^"], ["\\"]),
);

describe("as OPA", () => {
  test("glob.match", () => {
    checkAsOpa(own, "glob.match", [globs, delimiters, subjects], 2_000);
  });
  test("glob.quote_meta", () => {
    checkAsOpa(own, "glob.quote_meta", [fc.oneof(globs, anyText)]);
  });
});
