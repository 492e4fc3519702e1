import { describe, expect, test } from "vitest";
import type { Verdict, VerdictKind } from "../engine/verdict.js";
import type { ActionKind, Change, PlannedResource } from "./action.js";
import type { StoredAction } from "./actions.js";
import { bucket, planOf } from "./testing/proposals.js";
import { verifyWave } from "./verify-wave.js";

const id = bucket("a").resource.id;
const verdict = (kind: VerdictKind, policy = "p"): Verdict => ({ policy, verdict: kind, resource: { id } }) as Verdict;
const none = { existing: [], violations: [], undecided: [], resolved: [] };

interface Given {
  readonly change?: Change;
  readonly decision?: Partial<Record<keyof typeof none, Verdict[]>>;
  readonly observed?: readonly PlannedResource[];
  readonly judged?: Verdict[];
}

function verified({
  change = { before: bucket("a"), after: bucket("a", {}, { x: "y" }) },
  decision = {},
  observed = [bucket("a")],
  judged = [],
}: Given): Promise<string | null> {
  const plan = planOf([change]);
  return verifyWave({
    action: { plan, decision: { ...none, ...decision } } as unknown as StoredAction,
    done: plan.steps,
    kind: { verify: () => Promise.resolve({ verified: true, reasons: [], observed }) } as unknown as ActionKind,
    gate: { judge: () => Promise.resolve(judged), decide: () => Promise.reject(new Error("not asked")) },
    context: { action: "a", say: () => undefined, signal: new AbortController().signal },
  });
}

describe("a wave is verified only by what was seen", () => {
  test.each<[string, Given, string | null]>([
    ["nothing was wrong", {}, null],
    ["a failure that was there before", { decision: { existing: [verdict("fail")] }, judged: [verdict("fail")] }, null],
    ["a doubt that stays one", { decision: { undecided: [verdict("unknown")] }, judged: [verdict("unknown")] }, null],
    [
      "a doubt that turned out to be a failure",
      { decision: { undecided: [verdict("unknown")] }, judged: [verdict("fail")] },
      "which the decision did not foresee",
    ],
    ["a failure of nothing foreseen", { judged: [verdict("fail")] }, "did not foresee"],
    ["a doubt of nothing foreseen", { judged: [verdict("error")] }, "did not foresee"],
    [
      "what was to end is still there",
      { decision: { resolved: [verdict("fail")] }, judged: [verdict("fail")] },
      "is fail of p as before",
    ],
    [
      "what was to end is not known to have",
      { decision: { resolved: [verdict("fail")] }, judged: [verdict("unknown")] },
      "is unknown",
    ],
    [
      "what was to end was not read again",
      { decision: { resolved: [verdict("fail")] }, observed: [] },
      "was not read again",
    ],
    [
      "it was removed",
      { change: { before: bucket("a"), after: null }, decision: { resolved: [verdict("fail")] }, observed: [] },
      null,
    ],
  ])("%s", async (_, given, fault) => {
    const found = await verified(given);
    if (fault === null) expect(found).toBeNull();
    else expect(found).toContain(fault);
  });
});
