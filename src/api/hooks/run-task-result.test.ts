import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";
import { report, resource, verdict } from "../../../test/testing/store.js";
import type { Verdict } from "../../engine/verdict.js";
import type { Report } from "../../report.js";
import { taskResultOf } from "./run-task-result.js";

const summary = { resources: 1, pass: 1, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 1 };
const one = resource("aws_s3_bucket.a");
const problem = {
  ...({ kind: "problem", problem: "incomplete", at: "plan.json", line: null, column: null } as const),
  ...{ message: "refused", hides: [], account: null, region: null },
};

const judged = (results: readonly Verdict[], change: Partial<Report> = {}, more: object = {}) =>
  taskResultOf({ report: { ...report, summary, results, ...change }, problems: [], failOnUnknown: false, ...more });

test.each<[string, ReturnType<typeof judged>, string]>([
  ["nothing wrong", judged([]), "passed"],
  ["a failure", judged([verdict(one, "fail")]), "failed"],
  ["one below failOn", judged([verdict(one, "fail", "/a", { severity: "low" })], { failOn: "high" }), "passed"],
  ["an error, however slight", judged([], { failOn: "critical", summary: { ...summary, error: 1 } }), "failed"],
  ["a problem", judged([], {}, { problems: [problem] }), "failed"],
  ["what is waived", judged([verdict(one, "waived")]), "passed"],
  ["what is unknown", judged([], { summary: { ...summary, unknown: 1 } }), "passed"],
  ["unknown that fails", judged([], { summary: { ...summary, unknown: 1 } }, { failOnUnknown: true }), "failed"],
])("%s", (_, { status }, expected) => {
  expect(status).toBe(expected);
});

test("thousands of failures stay within what can be sent, the worst first, and are counted", () => {
  const many = Array.from({ length: 5_000 }, (_, at) => verdict(resource(`r${at}`), "fail"));
  const long = {
    ...many[0]!,
    reasons: Array.from({ length: 500 }, () => ({ ...many[0]!.reasons[0]!, message: "x".repeat(9_999) })),
  };
  const { outcomes } = judged([long, ...many]);
  expect(outcomes).toHaveLength(201);
  expect(outcomes.at(-1)?.attributes.description).toBe(
    "4801 more are left out here; portcullis check shows all of them",
  );
  expect(JSON.stringify(outcomes).length).toBeLessThan(1_000_000);
});

test("whatever names hold: no link, no picture, no HTML, one line of description", () => {
  const piece = fc.constantFrom(
    "<b>",
    "[a](http://e.x)",
    "![i](http://e.x)",
    "http://e.x",
    "`",
    "\n\n# h",
    "\u001b[2J",
    "|",
    "\ud800",
    "@a",
  );
  // As GitHub does it: an address needs a scheme, and a letter right behind the @.
  const markdown = new MarkdownIt({ html: true, linkify: true });
  markdown.linkify.set({ fuzzyEmail: false, fuzzyLink: false });
  const hostile = fc.array(fc.oneof(piece, fc.string()), { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(hostile, hostile, (name, message) => {
      const reasons = [{ message, path: `/config/${name}`, location: null }];
      const { outcomes } = judged([verdict(resource(name), "fail", "/a", { title: name, policy: name, reasons })]);
      const { description, body } = outcomes[0]!.attributes;
      expect(description).not.toMatch(/[\n\u001b]/);
      const html = markdown.render(body);
      expect(html.replace(/<code>[^<]*<\/code>/g, "")).not.toMatch(/@[\w.-]/);
      expect(html).not.toMatch(/<(a|img|h\d|b|script|table)\b/);
    }),
    { numRuns: 1_000 },
  );
});
