import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadPolicies } from "../compose.js";
import type { Waiver } from "../compliance/waiver.js";
import type { Resource } from "../inventory/resource.js";
import type { JsonObject } from "../json.js";
import { defaultSettings } from "../settings.js";
import type { Change, Plan, PlannedResource } from "./action.js";
import type { Decision, Gate, Proposal } from "./decision.js";
import { createGate, type GateOptions } from "./gate.js";
import { mostChanges } from "./plan-faults.js";
import { account, bucket, planned, planOf, proposalOf, stepFor } from "./testing/proposals.js";

const unscanned: GateOptions["inventory"] = {
  version: () => Promise.resolve("1"),
  known: () => Promise.resolve({ resources: [], problems: [] }),
  seen: () => Promise.resolve([]),
};

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
    inventory: unscanned,
    ...{ waivers: () => Promise.resolve([]), settings: {}, parameters: {}, version: "test" },
    clock: { now: () => new Date("2026-03-03T10:00:00Z"), newId: () => `decision-${++id}` },
    ...changes,
  });
}

const open = { PublicAccessBlockConfiguration: { BlockPublicAcls: false } };
const policy = "aws-s3-block-public-access";
const broken: Change = { before: bucket("a"), after: bucket("a", open) };
const repaired: Change = { before: bucket("a", open), after: bucket("a") };

function decide(plan: Plan, more: Partial<Proposal> = {}, options: Partial<GateOptions> = {}): Promise<Decision> {
  return gate(options).decide(proposalOf(plan, more));
}

/** What matters of it, about the one policy that these tests turn around. */
function gist({ answer, violations, existing, resolved, undecided, approval }: Decision): object {
  const has = (verdicts: Decision["violations"]): boolean => verdicts.some((verdict) => verdict.policy === policy);
  const [bad, old, ended, doubt] = [violations, existing, resolved, undecided].map(has);
  return { answer, bad, old, ended, doubt, roles: approval?.roles ?? null };
}

const nothing = { bad: false, old: false, ended: false, doubt: false, roles: null };
const twoReasons = { PublicAccessBlockConfiguration: { BlockPublicAcls: false, IgnorePublicAcls: true } };
const approvers = ["approver", "admin"];

function unknownAt(pointer: string): PlannedResource {
  const after = bucket("a", { PublicAccessBlockConfiguration: {} });
  return { ...after, resource: { ...after.resource, unknown: [pointer] } };
}

describe("what a change does to verdicts", () => {
  test.each<[string, Change, object]>([
    ["a new failure is denied", broken, { ...nothing, answer: "deny", bad: true }],
    ["a failure that ends is allowed", repaired, { ...nothing, answer: "allow", ended: true }],
    [
      "an old failure stays",
      { before: bucket("a", open), after: bucket("a", open, { team: "core" }) },
      { ...nothing, answer: "allow", old: true },
    ],
    [
      "a second reason of an old failure is new",
      { before: bucket("a", twoReasons), after: bucket("a", { PublicAccessBlockConfiguration: {} }) },
      { ...nothing, answer: "deny", bad: true },
    ],
    ["a new bucket that fails", { before: null, after: bucket("a", open) }, { ...nothing, answer: "deny", bad: true }],
    [
      "a removed bucket that failed, by approval of two",
      { before: bucket("a", open), after: null },
      { ...nothing, answer: "needs-approval", ended: true, roles: approvers },
    ],
    [
      "a value that is not known yet",
      { before: bucket("a"), after: unknownAt("/config/PublicAccessBlockConfiguration") },
      { ...nothing, answer: "needs-approval", doubt: true, roles: approvers },
    ],
    [
      "a value that could not be read",
      {
        before: bucket("a"),
        after: { ...bucket("a"), failures: [{ pointer: "/config/PublicAccessBlockConfiguration", message: "denied" }] },
      },
      { ...nothing, answer: "needs-approval", doubt: true, roles: approvers },
    ],
  ])("%s", async (_, change, expected) => {
    expect(gist(await decide(planOf([change])))).toEqual(expected);
  });

  test("two people approve the removal of what holds data", async () => {
    expect((await decide(planOf([{ before: bucket("a"), after: null }]))).approval).toEqual({
      ...{ roles: approvers, count: 2 },
    });
  });

  test("judge says what is wrong with resources as they are then", async () => {
    const verdicts = await gate().judge([broken]);
    expect(verdicts.filter((one) => one.policy === policy).map((one) => one.verdict)).toEqual(["fail"]);
    expect((await gate().judge([repaired])).filter((one) => one.policy === policy)).toEqual([]);
  });
});

describe("a plan that is not to be believed is denied", () => {
  const change = repaired;
  const elsewhere = (more: Partial<Resource>): Change => {
    const of = planned({ id: "a", type: "T", ...more });
    return { before: of, after: of };
  };
  const plan = planOf([change]);
  test.each<[string, Plan, string]>([
    [
      "what could not be read",
      { ...plan, problems: ["the tags"] },
      "what could not be read is never acted on: the tags",
    ],
    ["an id that changes", planOf([{ before: bucket("a"), after: bucket("b") }]), "another resource is another change"],
    [
      "a type that changes",
      planOf([{ before: planned({ id: "a", type: "T" }), after: planned({ id: "a", type: "U" }) }]),
      "makes type T into U",
    ],
    [
      "another account",
      planOf([elsewhere({ account: "444455556666" })]),
      "a is in account 444455556666, the target in 111122223333",
    ],
    [
      "another region",
      planOf([elsewhere({ region: "us-east-1" })]),
      "a is in region us-east-1, the target in eu-west-1",
    ],
    [
      "an ARN of another account",
      planOf([elsewhere({ id: "arn:aws:sqs:eu-west-1:444455556666:q" })]),
      "is in account 444455556666",
    ],
    [
      "an ARN of another region",
      planOf([elsewhere({ id: `arn:aws:sqs:us-east-1:${account}:q` })]),
      "is in region us-east-1",
    ],
    [
      "another environment",
      planOf([elsewhere({ tags: { Environment: "production" } })], {
        target: { ...plan.target, environment: "staging" },
      }),
      "a is of environment production, the target of staging",
    ],
    [
      "a key of another account",
      { ...plan, target: { ...plan.target, key: "aws:444455556666/eu-west-1" } },
      "says account 111122223333",
    ],
    [
      "a step of a resource that is not changed",
      { ...plan, steps: [...plan.steps, { ...stepFor(change, 1), resources: ["x"] }] },
      "step step-1 changes x, which is in no change",
    ],
    [
      "a step of nothing",
      { ...plan, steps: [...plan.steps, { ...stepFor(change, 1), resources: [] }] },
      "step step-1 says of no resource",
    ],
    ["a change that no step makes", { ...plan, steps: [] }, "no step makes the change of arn:aws:s3:::a"],
    [
      "two steps of one id",
      { ...plan, steps: [stepFor(change, 0), stepFor(change, 0)] },
      "two steps have the id step-0",
    ],
    ["a wave that is none", { ...plan, steps: [{ ...stepFor(change, 0), wave: -1 }] }, "is in wave -1"],
    ["a resource twice", planOf([change, change]), "arn:aws:s3:::a is changed twice"],
    ["a change of nothing", planOf([{ before: null, after: null }]), "neither a before nor an after"],
    ["an action as a resource", planOf([elsewhere({ type: "Portcullis::Action" })]), "a is an action itself"],
    [
      "a group that is too small",
      { ...plan, group: { name: "g", size: 0 } },
      "the group g is said to have 0 resources, of which 1 are changed",
    ],
    [
      "costs that are none",
      { ...plan, cost: { before: 0, after: NaN, currency: "USD" } },
      "the plan cannot be kept as JSON",
    ],
    ["half of a surrogate pair", planOf([elsewhere({ name: "\ud800" })]), "the plan cannot be kept as JSON"],
    [
      "too many changes",
      { ...plan, changes: Array.from({ length: mostChanges + 1 }, () => change), steps: [] },
      "at most 100000 are looked at",
    ],
    ["too large", planOf([elsewhere({ config: { text: "x".repeat(33 * 1024 * 1024) } })]), "the plan is larger than"],
  ])("%s", async (_, given, reason) => {
    const { answer, reasons, violations, approval } = await decide(given);
    expect({ answer, violations, approval }).toEqual({ answer: "deny", violations: [], approval: null });
    expect(reasons.join("\n")).toContain(reason);
  });

  test("deep nesting", async () => {
    let config: JsonObject = {};
    for (let depth = 0; depth < 5_000; depth++) config = { a: config };
    expect((await decide(planOf([elsewhere({ config })]))).answer).toBe("deny");
  });

  test("keys that objects inherit are keys like any other", async () => {
    const hostile = JSON.parse('{"__proto__":{"PublicAccessBlockConfiguration":{}},"constructor":1}') as JsonObject;
    const tags = JSON.parse('{"__proto__":"x","portcullis:protected":"false"}') as Resource["tags"];
    const decision = await decide(planOf([{ before: bucket("a"), after: bucket("a", hostile, tags) }]));
    expect(decision.answer).toBe("allow");
    expect(({} as JsonObject)["PublicAccessBlockConfiguration"]).toBeUndefined();
  });
});

describe("the action itself", () => {
  const production = planOf([repaired], { target: { ...planOf([]).target, key: "p", environment: "production" } });
  test("whoever approves must do for every policy that asks", async () => {
    const clock = { now: () => new Date("2026-03-07T10:00:00Z"), newId: () => "d" };
    const { answer, approval } = await decide(production, { reason: "PLAT-1: public" }, { clock });
    expect({ answer, approval }).toEqual({ answer: "needs-approval", approval: { roles: ["admin"], count: 1 } });
  });

  test("tags that could not be read: nobody knows whether it is protected", async () => {
    const before = { ...bucket("a"), failures: [{ pointer: "/tags", message: "AccessDenied" }] };
    const { answer, reasons } = await decide(planOf([{ before, after: bucket("a") }]));
    expect(answer).toBe("deny");
    expect(reasons.join()).toContain("the tags of arn:aws:s3:::a are not known");
  });

  test("waivers excuse resources, and let no action pass", async () => {
    const waiver: Waiver = {
      ...{ id: "w", reason: "r", ticket: null, requester: "a", approver: "b", endsOnChange: false, configHash: null },
      ...{ start: "2026-01-01T00:00:00Z", expires: "2026-12-01T00:00:00Z", status: "approved", file: null },
      scope: { policies: ["*"], controls: [], resources: ["*"], tags: [], accounts: [account] },
      bound: new Map(),
    };
    const waivers = (): Promise<Waiver[]> => Promise.resolve([waiver]);
    const excused = await decide(planOf([broken]), {}, { waivers });
    expect({ answer: excused.answer, violations: excused.violations }).toEqual({ answer: "allow", violations: [] });
    expect(excused.reasons.join()).toContain("excused by w");
    const requester = { name: "", source: "token", roles: ["operator"] } as const;
    expect((await decide(planOf([repaired]), { requester }, { waivers })).answer).toBe("deny");
  });

  test("settings that no policy understands are refused", () => {
    expect(() => gate({ parameters: { actions: { freezs: [] } } })).toThrow(/parameters\.actions: Unrecognized key/);
    expect(() => gate({ parameters: { actions: { limits: { resources: "many" } } } })).toThrow(/limits\.resources/);
  });
});

test("an allow is never in doubt, and the same proposal gets the same answer", async () => {
  const value = fc.constantFrom(true, false, "yes", null);
  const config = fc.record(
    { BlockPublicAcls: value, BlockPublicPolicy: value, IgnorePublicAcls: value },
    { requiredKeys: [] },
  );
  const side = fc
    .tuple(config, fc.subarray(["/config/PublicAccessBlockConfiguration", "/tags", "/config/Other"]), fc.boolean())
    .map(([blocks, unknown, isUnread]): PlannedResource => {
      const one = bucket("a", { PublicAccessBlockConfiguration: { RestrictPublicBuckets: true, ...blocks } });
      const failures = isUnread ? [{ pointer: "/config/BucketEncryption", message: "refused" }] : [];
      return { ...one, resource: { ...one.resource, unknown }, failures };
    });
  const changes = fc.record({ before: fc.option(side), after: fc.option(side) });
  const problems = fc.subarray(["unread"]);
  const [first, second] = [gate(), gate()];
  await fc.assert(
    fc.asyncProperty(changes, problems, async (change, unread) => {
      const proposal = proposalOf(planOf([change], { problems: unread }));
      const { id: _, ...decision } = await first.decide(proposal);
      const { id: __, ...again } = await second.decide(structuredClone(proposal));
      expect(again).toEqual(decision);
      if (decision.answer !== "allow") return;
      expect({ ...decision, problems: unread }).toMatchObject({ violations: [], undecided: [], problems: [] });
      expect(decision.actionVerdicts).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
