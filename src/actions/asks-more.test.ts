import { describe, expect, test } from "vitest";
import type { Verdict } from "../engine/verdict.js";
import { asksMore } from "./asks-more.js";
import type { Decision } from "./decision.js";

function decision(more: Partial<Decision>): Decision {
  return {
    ...{ id: "d", answer: "needs-approval", reasons: [], planHash: "0", policies: "p" },
    ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [] },
    approval: { roles: ["approver", "admin"], count: 1 },
    ...{ decidedAt: "2026-03-03T10:00:00Z", expiresAt: "2026-03-03T11:00:00Z" },
    ...more,
  };
}
const verdict = (policy: string, kind: Verdict["verdict"] = "fail", id = "action:a"): Verdict =>
  ({ policy, verdict: kind, resource: { id } }) as Verdict;
const asked = decision({ actionVerdicts: [verdict("production")] });

describe("a decision that is made again asks for more", () => {
  test.each<[string, Partial<Decision>, boolean]>([
    ["the same", {}, false],
    ["allowed now", { answer: "allow", approval: null, actionVerdicts: [] }, false],
    ["denied now", { answer: "deny", approval: null }, true],
    ["two people", { approval: { roles: ["approver", "admin"], count: 2 } }, true],
    ["administrators only", { approval: { roles: ["admin"], count: 1 } }, true],
    ["others besides", { approval: { roles: ["operator", "approver", "admin"], count: 1 } }, false],
    ["a policy more", { actionVerdicts: [verdict("production"), verdict("error_budget")] }, true],
    ["a policy less", { actionVerdicts: [] }, false],
    ["a doubt where there was a failure", { actionVerdicts: [verdict("production", "unknown")] }, true],
    ["a resource in doubt", { undecided: [verdict("s3", "unknown", "arn:aws:s3:::a")] }, true],
  ])("%s", (_, more, expected) => {
    expect(asksMore(decision({ actionVerdicts: [verdict("production")], ...more }), asked)).toBe(expected);
  });
});
