// What an attacker tried at the gate: settings, policies, tags and targets that look as if they held.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPolicies } from "../compose.js";
import type { JsonObject } from "../json.js";
import { defaultSettings } from "../settings.js";
import type { Change, Plan } from "./action.js";
import type { Decision, Proposal } from "./decision.js";
import { createGate, type GateOptions } from "./gate.js";
import type { SeenResource } from "./store-inventory.js";
import { bucket, planned, planOf, proposalOf } from "./testing/proposals.js";

type Loaded = Awaited<ReturnType<typeof loadPolicies>>;

const folder = mkdtempSync(join(tmpdir(), "portcullis-gate-"));
let shipped: Loaded;
beforeAll(async () => {
  shipped = await loadPolicies(defaultSettings);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const unscanned: GateOptions["inventory"] = {
  version: () => Promise.resolve("1"),
  known: () => Promise.resolve({ resources: [], problems: [] }),
  seen: () => Promise.resolve([]),
};

interface Circumstances {
  readonly loaded?: Loaded;
  readonly now?: string;
  readonly options?: Partial<GateOptions>;
  readonly actions?: JsonObject;
  readonly proposal?: Partial<Proposal>;
}

function decide(
  plan: Plan,
  { loaded = shipped, now = "2026-03-03T22:00:00Z", options = {}, actions = {}, proposal = {} }: Circumstances = {},
): Promise<Decision> {
  const gate = createGate({
    ...{ sets: loaded.sets, policies: loaded.policies, controls: new Map(), packs: null },
    facts: {
      recentFailures: () => Promise.resolve(0),
      running: () => Promise.resolve([]),
      errorBudget: () => Promise.resolve(1),
    },
    inventory: unscanned,
    ...{ waivers: () => Promise.resolve([]), settings: {}, parameters: { actions }, version: "test" },
    clock: { now: () => new Date(now), newId: () => "d" },
    ...options,
  });
  return gate.decide(proposalOf(plan, { reason: "a reason of enough characters", ...proposal }));
}

function tagged(tags: Record<string, string>): Plan {
  return planOf([{ before: bucket("a", {}, tags), after: bucket("a", {}, { ...tags, team: "core" }) }]);
}

const harmless = tagged({});
const production = planOf([{ before: bucket("a"), after: bucket("a", {}, { team: "core" }) }], {
  target: { ...harmless.target, key: "p", environment: "production" },
});

describe("policies that somebody made", () => {
  const own = (name: string, text: string): Promise<Loaded> => {
    const file = join(folder, `${name}.rego`);
    writeFileSync(file, text);
    return loadPolicies({ ...defaultSettings, defaultPolicies: false, policy: [file] });
  };
  const policy = (types: string, rules: string, custom = ""): string =>
    `# METADATA\n# title: t\n# custom:\n#   severity: info\n#   types: [${types}]\n${custom}package acme.own\n\n${rules}\n`;

  test("none about actions: nothing limits anything, so nothing is allowed", async () => {
    const loaded = await own("none", policy("AWS::S3::Bucket", 'deny contains "x" if input.config.nope'));
    const { answer, reasons, approval } = await decide(harmless, { loaded });
    expect({ answer, approval, reason: reasons[0] }).toMatchObject({ answer: "deny", approval: null });
    expect(reasons[0]).toContain("no policy about actions is loaded");
  });

  test.each<[string, string, Decision["answer"], string]>([
    ["a complete rule", "deny := false", "deny", "expected a set of results"],
    ["a result without a message", "deny contains {}", "deny", "expected a string, or an object"],
    ["an empty message", 'deny contains ""', "deny", "acme-own: "],
    ["two values of one rule", 'deny := {"a"}\ndeny := {"b"}', "deny", "must not produce multiple outputs"],
    ["applies as a text", 'applies := "no"\ndeny contains "x"', "deny", 'applies gave "no"; expected true or false'],
    ["applies as a set", 'applies contains "yes"\ndeny contains "x"', "deny", "expected true or false"],
    [
      "applies as an empty set",
      "applies contains x if { some x in [] }\ndeny contains x if some x in [1]",
      "deny",
      "[]",
    ],
    ["one that does not apply", 'applies := false\ndeny contains "x"', "allow", ""],
    ["the least severity", 'deny contains "x"', "deny", "acme-own: x"],
  ])("%s", async (name, rules, answer, reason) => {
    const loaded = await own(name.replaceAll(" ", "_"), policy("Portcullis::Action", rules));
    const decision = await decide(harmless, { loaded });
    expect({ answer: decision.answer, approval: decision.approval }).toEqual({ answer, approval: null });
    expect(decision.reasons.join("\n")).toContain(reason);
  });

  test.each<[string, string]>([
    ["nobody approves", "#   approvers: []\n"],
    ["a role that is none", "#   approvers: [root]\n"],
    ["nobody has to", "#   approvers: [admin]\n#   approvals: 0\n"],
    ["minus one has to", "#   approvers: [admin]\n#   approvals: -1\n"],
    ["a part of a person", "#   approvers: [admin]\n#   approvals: 0.5\n"],
    ["no number", "#   approvers: [admin]\n#   approvals: .nan\n"],
  ])("metadata: %s", async (name, custom) => {
    const text = policy("Portcullis::Action", 'deny contains "x"', custom);
    await expect(own(`metadata_${name.replaceAll(" ", "_")}`, text)).rejects.toThrow();
  });
});

describe("settings", () => {
  const frozen = (from: string, to: string): JsonObject => ({ freezes: [{ reason: "r", from, to }] });
  test.each<[string, string]>([
    ["2026-01-01T00:00:00Z", "2026-12-31T23:59:59.123456789Z"],
    ["2024-02-29T00:00:00+14:00", "2261-12-31T11:59:59-12:00"],
    ["2026-03-03T23:59:59+02:00", "2026-03-03T22:00:00.000000001Z"],
  ])("a freeze from %s to %s holds", async (from, to) => {
    expect((await decide(harmless, { actions: frozen(from, to) })).answer).toBe("deny");
  });

  test.each<[string, string, string]>([
    ["2026-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "expected a time in the years 1678 to 2261"],
    ["1000-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "expected a time in the years 1678 to 2261"],
    ["2026-12-31T00:00:00Z", "2026-01-01T00:00:00Z", "expected from to be before to"],
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "expected from to be before to"],
    ["2026-02-29T00:00:00Z", "2027-01-01T00:00:00Z", "Invalid ISO datetime"],
  ])("a freeze from %s to %s, which no policy would see, is refused", (from, to, message) => {
    expect(() => decide(harmless, { actions: frozen(from, to) })).toThrow(message);
  });

  const always = {
    days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ...{ from: "00:00", to: "24:00", market: "m" },
  };
  test.each(["America/New_York", "america/new_york", "utc", "est5edt", "US/Eastern", "Etc/GMT+5", "asia/calcutta"])(
    "hours in the zone %s are hours",
    async (zone) => {
      const decision = await decide(production, { actions: { tradingHours: [{ ...always, zone }] } });
      expect(decision.reasons.join("\n")).toContain("the market is open: m");
    },
  );

  test.each(["Local", "", "+05:30", "Mars/Base", "America/New_York\u0000"])("the zone %j is none", (zone) => {
    expect(() => decide(production, { actions: { tradingHours: [{ ...always, zone }] } })).toThrow("time zone");
  });

  /** The clocks go forward on 8 March 2026, and back on 1 November. */
  test.each<[string, boolean]>([
    ["2026-03-06T14:29:59Z", false],
    ["2026-03-06T14:30:00Z", true],
    ["2026-03-06T21:00:00Z", false],
    ["2026-03-09T13:30:00Z", true],
    ["2026-03-09T20:00:00Z", false],
    ["2026-10-30T13:30:00Z", true],
    ["2026-11-02T13:30:00Z", false],
    ["2026-11-02T14:30:00Z", true],
    ["2028-02-29T15:00:00Z", true],
    ["2026-03-07T15:00:00Z", false],
  ])("at %s the market of New York is open: %s", async (now, isOpen) => {
    const { approval } = await decide(production, { now });
    expect(approval).toEqual(isOpen ? { roles: ["admin"], count: 2 } : expect.objectContaining({ count: 1 }));
  });

  test.each<[string, JsonObject]>([
    ["resources", { resources: 0 }],
    ["resources", { resources: -5 }],
    ["resources", { resources: NaN }],
    ["resources", { resources: 1e9 }],
    ["share", { share: 0 }],
    ["share", { share: 1.5 }],
    ["share", { share: Infinity }],
    ["accounts", { accounts: 1.5 }],
  ])("limits that limit nothing are refused: %s of %j", (name, limits) => {
    expect(() => decide(harmless, { actions: { limits } })).toThrow(`limits.${name}`);
  });
});

describe("a tag that protects", () => {
  test.each<[string, string]>([
    ["portcullis:protected", "true"],
    ["portcullis:protected", " TRUE\t"],
    ["portcullis:protected", "ｔｒｕｅ"],
    ["portcullis:protected", "tr\u200bue"],
    ["Portcullis:Protected", "true"],
    [" portcullis:protected ", "True"],
  ])("%j = %j", async (key, value) => {
    const { answer, reasons } = await decide(tagged({ [key]: value }));
    expect(answer).toBe("deny");
    expect(reasons.join()).toContain("is protected by a tag");
  });

  const free = bucket("a");
  const kept = bucket("a", {}, { "portcullis:protected": "true" });
  test.each<[string, Change]>([
    ["that the plan takes away", { before: kept, after: free }],
    ["of what the plan removes", { before: kept, after: null }],
    ["that the plan brings", { before: free, after: kept }],
  ])("%s", async (_, change) => {
    expect((await decide(planOf([change]))).answer).toBe("deny");
  });

  test.each(["/tags", "/tags/portcullis:protected", ""])("that could not be read at %j", async (pointer) => {
    const before = { ...free, failures: [{ pointer, message: "AccessDenied" }] };
    const unknown = { ...free, resource: { ...free.resource, unknown: [pointer] } };
    expect((await decide(planOf([{ before, after: free }]))).answer).toBe("deny");
    expect((await decide(planOf([{ before: unknown, after: free }]))).answer).toBe("deny");
  });

  test("other tags protect nothing", async () => {
    expect((await decide(tagged({ "portcullis:protected": "false", protected: "true" }))).answer).toBe("allow");
  });
});

describe("a target that says less than it is", () => {
  const at = (more: Partial<Plan["target"]>): Plan => planOf([], { target: { ...harmless.target, ...more } });
  test.each<[string, Plan]>([
    ["an environment only in its key", at({ key: "environment:production", environment: null })],
    ["another environment in its key", at({ key: "environment:production", environment: "staging" })],
    ["an account only in its key", at({ key: "aws:111122223333", account: null })],
    ["no key", at({ key: " " })],
  ])("%s", async (_, plan) => {
    expect((await decide(plan)).answer).toBe("deny");
  });

  test.each(["Production", " production", "prod_eu", "PROD.EU", "prod2", "live/1"])(
    "what is tagged %j is production, whatever the target is called",
    async (env) => {
      expect((await decide(tagged({ Env: env }))).answer).toBe("needs-approval");
    },
  );

  test.each(["product", "nonprod", "delivery"])("what is tagged %j is not", async (env) => {
    expect((await decide(tagged({ Env: env }))).answer).toBe("allow");
  });
});

describe("what is not known is not zero", () => {
  test.each([null, NaN, -Infinity, -1, 0])("an error budget of %s", async (budget) => {
    const facts = {
      recentFailures: () => Promise.resolve(0),
      running: () => Promise.resolve([]),
      errorBudget: () => Promise.resolve(budget),
    };
    const { actionVerdicts } = await decide(production, { options: { facts }, proposal: { module: "scaling" } });
    expect(actionVerdicts.map(({ policy }) => policy)).toContain("actions-error-budget");
  });

  test.each<[string, Plan["group"], Decision["answer"]]>([
    ["nobody knows the group", null, "needs-approval"],
    ["a group of nothing", { name: "g", size: 0 }, "deny"],
    ["a group that is smaller than the change", { name: "g", size: 1 }, "deny"],
    ["a part of a group", { name: "g", size: 2.5 }, "deny"],
    ["a group of a negative size", { name: "g", size: -1 }, "deny"],
    ["all of a group", { name: "g", size: 2 }, "deny"],
    ["a large group", { name: "g", size: 100 }, "allow"],
  ])("%s", async (_, group, answer) => {
    const changes = ["a", "b"].map((name) => ({ before: bucket(name), after: bucket(name, {}, { x: "y" }) }));
    expect((await decide(planOf(changes, { group }))).answer).toBe(answer);
  });
});

describe("a plan that says another before than the last scan", () => {
  const before = bucket("a", { Password: "hunter2hunter2" });
  const { id, config, tags } = before.resource;
  const seen: SeenResource = {
    id,
    config: { ...config, Password: "<redacted>" },
    tags,
    lastSeen: "2026-03-03T21:00:00Z",
  };
  const after = bucket("a", { Password: "hunter2hunter2" }, { x: "y" });
  const asked = (change: Change, last: Partial<SeenResource>, proposal: Partial<Proposal> = {}): Promise<Decision> => {
    const inventory = { ...unscanned, seen: () => Promise.resolve([{ ...seen, ...last }]) };
    return decide(planOf([change]), { options: { inventory }, proposal });
  };
  const kept = { "Portcullis:Protected": "true" };
  const created = planned({ id, type: "Test::Thing" });

  test.each<[string, Change, Partial<SeenResource>, Decision["answer"], string]>([
    ["as it was", { before, after }, {}, "allow", "^(?!.*is not as it was scanned)"],
    [
      "another property",
      { before, after },
      { config: { ...config, Size: 1 } },
      "allow",
      "scanned at 2026-.*: /config/Size",
    ],
    ["another tag", { before, after }, { tags: { team: "b" } }, "allow", "is not as it was scanned at .*: /tags/team"],
    ["without the tag that protects it", { before, after }, { tags: kept }, "needs-approval", "was protected by a tag"],
    [
      "as if it were not there",
      { before: null, after: created },
      {},
      "needs-approval",
      "is to be created, and was there",
    ],
    [
      "where nothing was kept of it",
      { before, after },
      { config: null, tags: null },
      "allow",
      "^(?!.*is not as it was scanned)",
    ],
    [
      "where it could not be read",
      { before: { ...before, failures: [{ pointer: "/config/Size", message: "refused" }] }, after },
      { config: { ...config, Password: "<redacted>", Size: 1 } },
      "allow",
      "^(?!.*is not as it was scanned)",
    ],
  ])("%s", async (_, change, last, answer, reason) => {
    const decision = await asked(change, last);
    expect(decision.answer).toBe(answer);
    expect(decision.reasons.join(" ")).toMatch(new RegExp(reason));
    expect(JSON.stringify(decision)).not.toContain("hunter2");
  });

  test("is no matter where it is brought back", async () => {
    expect((await asked({ before: null, after: created }, {}, { purpose: "rollback" })).answer).toBe("allow");
  });
});
