import { beforeAll, describe, expect, test } from "vitest";
import { loadPolicies } from "../compose.js";
import { defaultSettings } from "../settings.js";
import type { Gate } from "./decision.js";
import { createGate, type GateOptions } from "./gate.js";
import { bucket, planOf, proposalOf } from "./testing/proposals.js";

const quiet: GateOptions["facts"] = {
  recentFailures: () => Promise.resolve(0),
  running: () => Promise.resolve([]),
  errorBudget: () => Promise.resolve(null),
};
let loaded: Awaited<ReturnType<typeof loadPolicies>>;
beforeAll(async () => {
  loaded = await loadPolicies(defaultSettings);
});

function gate(changes: Partial<GateOptions> = {}): Gate {
  let id = 0;
  return createGate({
    ...{ sets: loaded.sets, policies: loaded.policies, controls: new Map(), packs: null, facts: quiet },
    inventory: { version: () => Promise.resolve("1"), known: () => Promise.resolve({ resources: [], problems: [] }) },
    ...{ waivers: () => Promise.resolve([]), settings: {}, parameters: {}, version: "test" },
    clock: { now: () => new Date("2026-03-03T10:00:00Z"), newId: () => `decision-${++id}` },
    ...changes,
  });
}

const open = { PublicAccessBlockConfiguration: { BlockPublicAcls: false } };

describe("a change of one bucket", () => {
  test("that brings a failure is denied", async () => {
    const decision = await gate().decide(proposalOf(planOf([{ before: bucket("a"), after: bucket("a", open) }])));
    expect(decision.answer).toBe("deny");
    const back = await gate().decide(proposalOf(planOf([{ before: bucket("a", open), after: bucket("a") }])));
    expect(back.answer).toBe("allow");
  });
});
