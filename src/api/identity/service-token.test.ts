import fc from "fast-check";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { withoutPatterns } from "../../redact-patterns.js";
import { lifetimeOf } from "./lifetime.js";
import { newServiceToken, parseServiceToken } from "./service-token.js";

test("a token says its public id, and is kept as the hash of all of it", () => {
  const { token, id, hash } = newServiceToken();
  expect(token).toMatch(new RegExp(`^ptc_${id}_[0-9A-Za-z]{49}$`));
  expect(parseServiceToken(token)).toEqual({ id, hash });
  expect(hash).toEqual(createHash("sha256").update(token).digest());
});

test("no two are alike", () => {
  const made = Array.from({ length: 1_000 }, newServiceToken);
  expect(new Set(made.map(({ id }) => id)).size).toBe(1_000);
  expect(new Set(made.map(({ token }) => token.slice(17))).size).toBe(1_000);
});

test("the form is one that was written down elsewhere: the checksum is CRC-32 in base 62 of all before it", () => {
  expect(parseServiceToken(`ptc_0123456789AB_${"0".repeat(43)}3O8k0z`)?.id).toBe("0123456789AB");
});

test("any other character anywhere makes it none", () => {
  const { token } = newServiceToken();
  fc.assert(
    fc.property(
      fc.nat(token.length - 1),
      fc.constantFrom("0", "9", "a", "z", "A", "Z", "_", "-", "."),
      (at, character) => {
        fc.pre(token[at] !== character);
        expect(parseServiceToken(token.slice(0, at) + character + token.slice(at + 1))).toBeNull();
      },
    ),
  );
});

test.each([
  "",
  "ptc_",
  "ptc__",
  "PTC_0123456789AB_",
  `ptc_0123456789AB_${"0".repeat(49)}`,
  `x${newServiceToken().token}`,
  `${newServiceToken().token}\n`,
])("%j is none", (text) => {
  expect(parseServiceToken(text)).toBeNull();
});

test.each(["%s", "Authorization: Bearer %s", "token %s is wrong", '{"x":"%s"}', "a=%s&b=1", "%s%s"])(
  "it is redacted in %j",
  (form) => {
    const { token } = newServiceToken();
    const shown = withoutPatterns(form.replaceAll("%s", token));
    expect(shown).not.toContain(token.slice(17));
    expect(shown).toContain("<redacted>");
  },
);

describe("the lifetime", () => {
  test.each([
    ["1h", 3_600_000],
    ["30d", 2_592_000_000],
    ["2w", 1_209_600_000],
    ["365d", 31_536_000_000],
    ["1y", 31_536_000_000],
  ])("%s", (text, expected) => {
    expect(lifetimeOf("--expires", text)).toBe(expected);
  });

  test.each(["never", "0d", "366d", "2y", "-1d", "1.5d", "d", "", "90", "1e3d", " 1d", "99999d", "1D", "1m"])(
    "%j is refused",
    (text) => {
      expect(() => lifetimeOf("--expires", text)).toThrow(/--expires .*expected hours, days, weeks or one year/);
    },
  );
});
