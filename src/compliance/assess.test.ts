import { describe, expect, test } from "vitest";
import type { VerdictKind } from "../engine/verdict.js";
import { assessBaseline, createAssessment } from "./assess.js";
import type { Baseline } from "./baseline.js";
import { controlsByPolicy } from "./controls.js";
import { coverage } from "./coverage.js";

const baseline: Baseline = {
  id: "b",
  title: "B",
  version: "1",
  source: "https://example.com/",
  controls: [
    { id: "1", title: "One", policies: ["p", "q"], manual: null },
    { id: "2", title: "Two", policies: ["q"], manual: "Minutes" },
    { id: "3", title: "Three", policies: [], manual: "Minutes" },
  ],
};
const none = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };

describe("the status of a control", () => {
  const cases: { p: VerdictKind[]; q: VerdictKind[]; expected: string }[] = [
    { p: [], q: [], expected: "not-assessed" },
    { p: ["not-applicable"], q: ["not-applicable"], expected: "not-assessed" },
    { p: ["pass"], q: [], expected: "pass" },
    { p: ["waived"], q: [], expected: "pass" },
    { p: ["pass", "unknown"], q: ["pass"], expected: "unknown" },
    { p: ["unknown"], q: ["error", "pass"], expected: "error" },
    { p: ["error"], q: ["pass", "fail", "pass"], expected: "fail" },
    { p: ["pass", "pass"], q: ["fail"], expected: "fail" },
  ];
  test.each(cases)("$p and $q: $expected", ({ p, q, expected }) => {
    const verdicts = [
      ...p.map((verdict) => ({ policy: "p", verdict })),
      ...q.map((verdict) => ({ policy: "q", verdict })),
    ];
    expect(assessBaseline(baseline, verdicts).controls[0]?.status).toBe(expected);
    expect(assessBaseline(baseline, verdicts.reverse()).controls[0]?.status).toBe(expected);
  });
});

test("the whole result, manual controls among it", () => {
  const verdicts = [
    { policy: "q", verdict: "pass" },
    { policy: "q", verdict: "not-applicable" },
    { policy: "p", verdict: "fail" },
    { policy: "other", verdict: "fail" },
  ] as const;
  expect(assessBaseline(baseline, verdicts)).toEqual({
    id: "b",
    title: "B",
    controls: [
      {
        baseline: "b",
        control: "1",
        title: "One",
        kind: "automated",
        status: "fail",
        counts: { ...none, pass: 1, fail: 1 },
        policies: ["p", "q"],
        manual: null,
      },
      {
        baseline: "b",
        control: "2",
        title: "Two",
        kind: "partly",
        status: "pass",
        counts: { ...none, pass: 1 },
        policies: ["q"],
        manual: "Minutes",
      },
      {
        baseline: "b",
        control: "3",
        title: "Three",
        kind: "manual",
        status: "not-assessed",
        counts: none,
        policies: [],
        manual: "Minutes",
      },
    ],
  });
});

test("a result stays as it was when more is added", () => {
  const assessment = createAssessment(baseline);
  const before = assessment.result();
  assessment.add("q", "fail");
  expect(before.controls.map(({ status }) => status)).toEqual(["not-assessed", "not-assessed", "not-assessed"]);
  expect(assessment.result().controls.map(({ status }) => status)).toEqual(["fail", "fail", "not-assessed"]);
});

test("coverage counts every control once", () => {
  const silent = { id: "4", title: "Four", policies: [], manual: null };
  expect(coverage({ ...baseline, controls: [...baseline.controls, silent] })).toEqual({
    baseline: "b",
    controls: 4,
    automated: 1,
    partly: 1,
    manual: 1,
    none: 1,
  });
});

test("controls by policy", () => {
  const other = { ...baseline, id: "c", controls: [{ id: "9", title: "Nine", policies: ["p"], manual: null }] };
  expect(controlsByPolicy([baseline, other])).toEqual(
    new Map([
      [
        "p",
        [
          { baseline: "b", control: "1" },
          { baseline: "c", control: "9" },
        ],
      ],
      [
        "q",
        [
          { baseline: "b", control: "1" },
          { baseline: "b", control: "2" },
        ],
      ],
    ]),
  );
});
