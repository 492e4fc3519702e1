// What the lists say: exceptions, gaps, outcomes, samples, and what spreadsheets are given.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createExceptionFinder, type PopulationRow } from "./exceptions.js";
import { folderNames } from "./folder-names.js";
import { gapsOf } from "./gaps.js";
import { outcomeOf } from "./outcome.js";
import { isProperName } from "./package.js";
import { createSampler } from "./sample.js";
import { at, period } from "./testing/evidence.js";
import { csvRow } from "./tables.js";

type Line = readonly [resource: string, verdict: string, from: number, until: number | null, ended?: string];

function exceptionsOf(lines: readonly Line[]): unknown[] {
  const finder = createExceptionFinder(period.to);
  const found = lines.flatMap(([resource, verdict, from, until, ended = "changed"], index) =>
    finder.add({
      ...{ item: index + 1, policy: "p", verdict, resource, provider: "aws", type: "T", name: null, account: null },
      ...{ region: null, owner: null, from: at(from), until: until === null ? null : at(until), configuration: "" },
      ended: until === null ? null : ended,
    } satisfies PopulationRow),
  );
  return [...found, ...finder.end()].map(({ resource, verdict, firstSeen, ended, how, hours }) => [
    resource,
    verdict,
    firstSeen,
    ended,
    how,
    hours,
  ]);
}

describe("exceptions", () => {
  it.each<[string, readonly Line[], readonly unknown[]]>([
    [
      "none of what passed",
      [
        ["a", "pass", 1, 3],
        ["a", "pass", 3, null],
      ],
      [],
    ],
    [
      "fixed",
      [
        ["a", "fail", 1, 3],
        ["a", "pass", 3, null],
      ],
      [["a", "fail", at(1), at(3), "fixed", 48]],
    ],
    [
      "one, though the resource changed",
      [
        ["a", "fail", 1, 2],
        ["a", "fail", 2, 4],
        ["a", "pass", 4, null],
      ],
      [["a", "fail", at(1), at(4), "fixed", 72]],
    ],
    ["open to the end", [["a", "fail", 9, null]], [["a", "fail", at(9), null, "open", 42]]],
    [
      "waived later",
      [
        ["a", "fail", 1, 3],
        ["a", "waived", 3, null],
      ],
      [
        ["a", "fail", at(1), at(3), "now waived", 48],
        ["a", "waived", at(3), null, "open", 186],
      ],
    ],
    ["gone", [["a", "fail", 1, 3, "gone"]], [["a", "fail", at(1), at(3), "gone", 48]]],
    ["not seen any more is not fixed", [["a", "fail", 1, 3, "unseen"]], [["a", "fail", at(1), at(3), "unseen", 48]]],
    [
      "seen again after a time is another one",
      [
        ["a", "fail", 1, 3, "unseen"],
        ["a", "fail", 5, null],
      ],
      [
        ["a", "fail", at(1), at(3), "unseen", 48],
        ["a", "fail", at(5), null, "open", 138],
      ],
    ],
    ["no longer judged", [["a", "error", 1, 3]], [["a", "error", at(1), at(3), "no longer judged", 48]]],
    [
      "of each resource",
      [
        ["a", "unknown", 1, null],
        ["b", "fail", 1, null],
      ],
      [
        ["a", "unknown", at(1), null, "open", 234],
        ["b", "fail", at(1), null, "open", 234],
      ],
    ],
  ])("%s", (_, lines, expected) => {
    expect(exceptionsOf(lines)).toEqual(expected);
  });
});

describe("gaps", () => {
  const scan = (day: number, target = "aws") => ({ targets: [target], startedAt: at(day), finishedAt: at(day) });
  const ten = Array.from({ length: 10 }, (_, index) => scan(index + 1));
  it.each([
    ["none where a scan ran every day", ten, []],
    ["the whole period without a scan", [], [["", period.from, period.to, 240]]],
    ["between two scans", ten.filter((_, index) => index !== 4), [["aws", at(4), at(6), 48]]],
    [
      "before the first, and after the last",
      [scan(5)],
      [
        ["aws", period.from, at(5), 102],
        ["aws", at(5), period.to, 138],
      ],
    ],
    [
      "of each target",
      [...ten, scan(9, "gcp")],
      [
        ["gcp", period.from, at(9), 198],
        ["gcp", at(9), period.to, 42],
      ],
    ],
  ])("%s", (_, scans, expected) => {
    expect(gapsOf(scans, period, 36).map(({ target, from, to, hours }) => [target, from, to, hours])).toEqual(expected);
  });
});

describe("the outcome of a control", () => {
  const none = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };
  it.each([
    ["not-assessed", none, none, 0],
    ["not-assessed", none, none, 3],
    ["no-exceptions", { ...none, pass: 2 }, { ...none, pass: 9 }, 0],
    ["no-exceptions", { ...none, waived: 2 }, none, 0],
    ["undetermined", { ...none, pass: 2 }, none, 1],
    ["undetermined", { ...none, pass: 2, unknown: 1 }, none, 0],
    ["undetermined", { ...none, pass: 2 }, { ...none, error: 1 }, 0],
    ["undetermined", none, { ...none, error: 1 }, 0],
    ["exceptions", { ...none, pass: 2, fail: 1, error: 1 }, none, 1],
    ["exceptions", none, { ...none, fail: 1 }, 0],
  ])("%s", (expected, population, scans, gaps) => {
    expect(outcomeOf({ population, scans, gaps })).toBe(expected);
  });
});

it("takes the sample that anyone finds who has the seed and SHA-256", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.string(), fc.integer({ min: 1, max: 30 }), (lines, seed, size) => {
      const sampler = createSampler(seed, size);
      for (const line of lines) sampler.add(line);
      const rank = (line: string): string => createHash("sha256").update(`${seed}\n${line}`).digest("hex");
      const expected = [...lines].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, size);
      expect(sampler.lines()).toEqual(expected);
    }),
  );
});

it.each([
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", "'\t=1"],
  [" =1", "' =1"],
  ["|calc", "'|calc"],
  [-1, "-1"],
  [["=a", "b"], "'=a b"],
  ['say "hi"', '"say ""hi"""'],
  ["a,b", '"a,b"'],
  ["two\nlines", '"two\nlines"'],
  [null, ""],
])("gives a spreadsheet %j as %s", (value, cell) => {
  expect(csvRow("gaps", { target: value, from: "", to: "", hours: 1 })).toBe(`${cell},,,1\r\n`);
});

it("names files for any ids, each its own and proper on every system", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 30 }), (ids) => {
      const names = [...folderNames(ids).values()];
      expect(names.every(isProperName)).toBe(true);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(ids.length);
    }),
  );
});
