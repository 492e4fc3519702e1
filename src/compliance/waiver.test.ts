import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches } from "./glob.js";
import {
  configHash,
  coversResource,
  isSamePerson,
  periodProblem,
  scopeProblem,
  stateOf,
  type WaiverScope,
} from "./waiver.js";

const scope = (change: Partial<WaiverScope>): WaiverScope => ({
  ...{ policies: ["p"], controls: [], resources: [], tags: [], accounts: [] },
  ...change,
});

test.each([
  ["a", "a", true],
  ["a", "ab", false],
  ["*", "", true],
  ["*", "anything", true],
  ["a*", "abc", true],
  ["a*", "ba", false],
  ["*c", "abc", true],
  ["a*c", "ac", true],
  ["a*a", "a", false],
  ["ab*ba", "aba", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["**", "x", true],
  ["arn:aws:s3:::site-*", "arn:aws:s3:::site-a", true],
  ["a.c", "abc", false],
  ["(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", false],
  ["[a-z]*", "abc", false],
  ['m.b["*"]', 'm.b["x"]', true],
  ["A", "a", false],
  ["*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "a".repeat(1_000), false], // too many stars
])("%s on %s", (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});

test("a pattern fits what it was made of", () => {
  const part = fc.string({ maxLength: 5 }).filter((text) => !text.includes("*"));
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 10 }),
      fc.array(part, { minLength: 10 }),
      (parts, fillers) => {
        const text = parts.flatMap((one, at) => (at === 0 ? [one] : [fillers[at - 1] ?? "", one])).join("");
        expect(matches(parts.join("*"), text)).toBe(true);
      },
    ),
  );
});

describe("what a scope covers", () => {
  const bucket = { id: "arn:aws:s3:::logs", account: "111122223333", tags: { env: "dev", team: "a=b", "": "x" } };
  const nowhere = { id: "aws_s3_bucket.logs", account: null, tags: {} };

  test.each([
    ["its id", scope({ resources: ["arn:aws:s3:::logs"] }), bucket, true],
    ["one of several ids", scope({ resources: ["x", "arn:*:logs"] }), bucket, true],
    ["another id", scope({ resources: ["arn:aws:s3:::log"] }), bucket, false],
    ["all", scope({ resources: ["*"] }), nowhere, true],
    ["a tag", scope({ tags: ["env=dev"] }), bucket, true],
    ["a tag's pattern", scope({ tags: ["env=d*"] }), bucket, true],
    ["a value with an equals sign", scope({ tags: ["team=a=b"] }), bucket, true],
    ["every one of two tags", scope({ tags: ["env=dev", "team=a=b"] }), bucket, true],
    ["only one of two tags", scope({ tags: ["env=dev", "team=c"] }), bucket, false],
    ["no pattern in a key", scope({ tags: ["e*=dev"] }), bucket, false],
    ["no inherited tag", scope({ tags: ["constructor=*"] }), bucket, false],
    ["no empty key", scope({ tags: ["=x"] }), bucket, false],
    ["a tag where there is none", scope({ tags: ["env=*"] }), nowhere, false],
    ["its account", scope({ accounts: ["111122223333"] }), bucket, true],
    ["another account", scope({ accounts: ["999900001111"] }), bucket, false],
    ["an account where there is none", scope({ accounts: ["*"] }), nowhere, false],
    ["id and account", scope({ resources: ["arn:*"], accounts: ["1111*"] }), bucket, true],
    ["id but not account", scope({ resources: ["arn:*"], accounts: ["2222*"] }), bucket, false],
  ])("%s", (_name, given, resource, expected) => {
    expect(coversResource(given, resource)).toBe(expected);
  });

  test.each([
    [scope({ resources: ["*"] }), null],
    [scope({ policies: [], controls: ["soc2/CC6.1"], tags: ["a=b"] }), null],
    [scope({ policies: ["*"], accounts: ["1"] }), null],
    [scope({ policies: ["*"], resources: ["*"], accounts: ["1"] }), null],
    [scope({ policies: [], resources: ["*"] }), "it names no policy and no control"],
    [scope({}), 'it limits no resources: name a resource, a tag or an account; resource "*" is all of them'],
    [scope({ policies: ["p", "**"], resources: ["*"] }), "it covers every policy on every resource"],
    [scope({ policies: ["*"], accounts: ["*"] }), "it covers every policy on every resource"],
    [scope({ policies: ["*"], resources: ["*"], accounts: ["1", "*"] }), "it covers every policy on every resource"],
    [scope({ policies: ["*"], controls: ["*/*"], resources: ["*"] }), "it covers every policy on every resource"],
    [scope({ policies: [], controls: ["*"], accounts: ["*"] }), "it covers every policy on every resource"],
    [scope({ policies: ["*"], controls: ["soc2/*"], resources: ["*"] }), null],
  ])("scope %#", (given, problem) => {
    expect(scopeProblem(given)).toBe(problem);
  });
});

test.each([
  ["2026-01-01T00:00:00Z", "2027-01-02T00:00:00Z", null], // 366 days
  ["2026-01-01T00:00:00Z", "2027-01-02T00:00:00.001Z", "it expires more than 366 days after its start"],
  ["2028-02-29T00:00:00Z", "2029-03-01T00:00:00Z", null], // over a leap day
  ["2027-03-01T00:00:00Z", "2028-03-01T00:00:00Z", null], // a year with a leap day in it
  ["2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z", null],
  ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "it expires before it starts"],
  ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "it expires before it starts"],
  ["2026-01-01T00:00:00Z", "never", "it expires before it starts"],
])("from %s to %s", (start, expires, problem) => {
  expect(periodProblem(start, expires)).toBe(problem);
});

test.each([
  ["approved", "2026-05-31T23:59:59.999Z", "waiting"],
  ["approved", "2026-06-01T00:00:00.000Z", "in-force"],
  ["approved", "2026-06-30T23:59:59.999Z", "in-force"],
  ["approved", "2026-07-01T00:00:00.000Z", "expired"],
  ["requested", "2026-06-15T00:00:00.000Z", "requested"],
  ["requested", "2026-07-01T00:00:00.000Z", "expired"],
  ["rejected", "2026-06-15T00:00:00.000Z", "rejected"],
  ["revoked", "2026-06-15T00:00:00.000Z", "revoked"],
  ["revoked", "2026-07-15T00:00:00.000Z", "revoked"],
] as const)("%s at %s is %s", (status, at, state) => {
  const waiver = { status, start: "2026-06-01T00:00:00.000Z", expires: "2026-07-01T00:00:00.000Z" };
  expect(stateOf(waiver, new Date(at))).toBe(state);
});

test.each([
  ["ada", "Ada ", true],
  ["ada", "adam", false],
  ["ａｄａ", "ada", true],
  ["ada", "ada\u200b", true],
  ["\u202eada", "a\u00adda", true],
  ["Ada Byron", "ada\u00a0 byron", true],
])("%s and %s", (a, b, same) => {
  expect(isSamePerson(a, b)).toBe(same);
});

test("the hash of a resource changes with it, not with its secrets or the order of its names", () => {
  const bucket = { name: "b", tags: { a: "1" }, config: { X: 1, Password: "hunter2x" } };
  const hash = configHash(bucket);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(configHash({ ...bucket, config: { Password: "correct-horse", X: 1 } })).toBe(hash);
  expect(configHash({ ...bucket, config: { X: 2, Password: "hunter2x" } })).not.toBe(hash);
  expect(configHash({ ...bucket, tags: {} })).not.toBe(hash);
  expect(
    configHash({ name: "\ud800", tags: {}, config: JSON.parse("[".repeat(1_000) + "]".repeat(1_000)) as [] }),
  ).toMatch(/^\w{64}$/);
});
