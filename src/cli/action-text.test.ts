import { describe, expect, test } from "vitest";
import { resource, verdict } from "../../test/testing/store.js";
import type { ActionState, StoredAction } from "../actions/actions.js";
import { shownAction } from "../actions/shown-action.js";
import { keptPlan } from "../actions/kept-plan.js";
import { bucket, planned, planOf } from "../actions/testing/proposals.js";
import { actionColumns, actionRow, actionText, exitCodeOfAction, nextLine } from "./action-text.js";
import { renderRows } from "./rows.js";

const hash = "a".repeat(64);
const secret = "hunter2-hunter2";

function action(state: ActionState, change: Partial<StoredAction> = {}): StoredAction {
  const plan = planOf([
    {
      before: bucket("logs", { MasterUserPassword: "old-old-old-1" }),
      after: bucket("logs", { MasterUserPassword: secret, Note: "\u001b[31mred" }),
    },
    { before: null, after: bucket("new") },
    { before: bucket("gone"), after: null },
  ]);
  return {
    ...{ id: "A-1", kind: "test.do", parameters: { password: secret }, reason: "why", state, plan },
    requester: { name: "ann", source: "token", roles: ["operator"] },
    decision: {
      ...{ id: "D-1", answer: "needs-approval", reasons: ["a reason"], planHash: hash, policies: hash },
      ...{
        violations: [verdict(resource("logs"), "fail")],
        existing: [],
        resolved: [],
        undecided: [],
        actionVerdicts: [],
      },
      approval: { roles: ["approver"], count: 1 },
      ...{ decidedAt: "2026-01-01T00:00:00.000Z", expiresAt: "2026-01-01T01:00:00.000Z" },
    },
    ...{
      approvals: [],
      steps: [],
      requestedAt: "2026-01-01T00:00:00.000Z",
      startedAt: null,
      endedAt: null,
      message: null,
    },
    ...change,
  };
}

test("an action for people: the plan as a diff, the decision, and neither secrets nor escapes", () => {
  const text = actionText(action("needs-approval"));
  expect(text).toContain(
    "plan for aws:111122223333/eu-west-1: 1 to create, 1 to change, 1 to remove, of 100 in buckets",
  );
  expect(text).toContain('~ /config/MasterUserPassword: "<redacted>"');
  expect(text).toMatch(/\+ \/config\/Note: "\\+u001b\[31mred"/);
  expect(text).toContain("+ AWS::S3::Bucket  new  arn:aws:s3:::new");
  expect(text).toContain("- AWS::S3::Bucket  gone");
  expect(text).toContain("new failures (1):");
  expect(text).toContain(`plan ${hash}, counts until 2026-01-01T01:00:00.000Z`);
  expect(text).not.toContain(secret);
  expect(text).not.toContain("\u001b");
});

test("as the journal keeps it, without secrets, it still shows that one changes", () => {
  const asked = action("needs-approval");
  const text = actionText({ ...asked, plan: keptPlan(asked.plan) });
  expect(text).toContain('~ /config/MasterUserPassword: "<redacted>" -> "<redacted>"');
  expect(text).not.toMatch(/hunter2|old-old/);
});

test("no text of others reaches the terminal as anything but text", () => {
  const hostile = "x\u001b]0;title\u0007\u009b31m\r\n\u061c\u202e\u200b\u{e0041}y";
  const odd = planned({
    ...{ id: hostile, type: hostile, name: hostile, region: null, tags: { [hostile]: hostile } },
    config: { [hostile]: hostile },
  });
  const step = { id: hostile, title: hostile, resources: [hostile], wave: 0, apply: {}, rollback: {} };
  const asked = action("paused", {
    ...{ kind: hostile, reason: hostile, message: hostile },
    requester: { name: hostile, source: "token", roles: [] },
    plan: {
      ...planOf([{ before: null, after: odd }], { problems: [hostile], group: { name: hostile, size: 2 } }),
      target: { key: hostile, environment: null, account: null, region: null },
      cost: { before: 0, after: 1, currency: hostile },
    },
    steps: [{ step, state: "failed", startedAt: null, endedAt: null, output: null, message: hostile }],
    approvals: [
      {
        decision: hostile,
        planHash: hash,
        approver: hostile,
        approverSource: "token",
        approvedAt: "",
        selfApproved: false,
      },
    ],
  });
  const shown = actionText({ ...asked, decision: { ...asked.decision, reasons: [hostile] } });
  expect(shown).toContain("\\u001b]0;title\\u0007\\u009b31m\\u000d\\u000a\\u061c\\u202e\\u200b\\ue0041y");
  expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(actionRow(asked).join("")).toContain("\u001b"); // of the table that prints it
  expect(renderRows(actionColumns, [actionRow(asked)])).not.toContain("\u001b]");
});

test("what is shown keeps what people give back, and no secret", () => {
  const shown = shownAction(action("needs-approval"));
  expect(shown).toMatchObject({
    id: "A-1",
    plan: { target: { key: "aws:111122223333/eu-west-1" } },
    decision: { id: "D-1", planHash: hash },
  });
  expect(JSON.stringify(shown)).not.toContain(secret);
});

describe("what to do next, and the exit code", () => {
  test.each<[ActionState, number, string | null]>([
    ["ready", 0, "portcullis actions run A-1"],
    ["needs-approval", 1, `portcullis actions approve A-1 --decision D-1 --plan-hash ${hash}`],
    ["denied", 1, "ask again"],
    ["succeeded", 0, null],
    ["rolled-back", 1, null],
    ["rejected", 1, null],
    ["expired", 1, "ask again"],
    ["paused", 3, "portcullis actions rollback A-1"],
    ["failed", 3, "portcullis actions show A-1"],
  ])("%s", (state, code, next) => {
    expect(exitCodeOfAction(action(state))).toBe(code);
    if (next === null) expect(nextLine(action(state))).toBeNull();
    else expect(nextLine(action(state))).toContain(next);
  });

  test("what could not be read is incomplete, and no plain refusal", () => {
    const plan = { ...action("denied").plan, problems: ["AccessDenied"] };
    expect(exitCodeOfAction(action("denied", { plan }))).toBe(3);
  });
});
