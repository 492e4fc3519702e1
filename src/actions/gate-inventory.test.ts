// Policies that look at other resources: what the store knows is part of the world that is judged.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadPolicies } from "../compose.js";
import { defaultSettings } from "../settings.js";
import type { StoredResource, StoredScan } from "../store/inventory-rows.js";
import type { Change } from "./action.js";
import type { Decision } from "./decision.js";
import { createGate } from "./gate.js";
import { storeInventory, type InventorySource } from "./store-inventory.js";
import { account, planned, planOf, proposalOf } from "./testing/proposals.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-gate-"));
const rego = `# METADATA
# title: A network has a flow log
# custom:
#   severity: high
#   types: [AWS::EC2::VPC]
package acme.flow_log

deny contains "no flow log" if count(logs) == 0

logs := [id | some id in data.inventory.referrers[input.id]; data.inventory.resources[id].type == "AWS::EC2::FlowLog"]
`;
/** Without one the gate lets nothing through. */
const limit = `# METADATA
# title: An action is small
# custom:
#   severity: high
#   types: [Portcullis::Action]
package acme.small

deny contains "large" if input.config.counts.changes > 5
`;
let loaded: Awaited<ReturnType<typeof loadPolicies>>;
beforeAll(async () => {
  writeFileSync(join(folder, "flow.rego"), rego);
  writeFileSync(join(folder, "small.rego"), limit);
  loaded = await loadPolicies({ ...defaultSettings, defaultPolicies: false, policy: [folder] });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const vpc = `arn:aws:ec2:eu-west-1:${account}:vpc/vpc-0123456789abcdef0`;
const log = `arn:aws:ec2:eu-west-1:${account}:vpc-flow-log/fl-0123456789abcdef0`;
const seen = { firstSeen: "2026-01-01T00:00:00Z", lastSeen: "2026-01-01T00:00:00Z", lastScan: "s", owner: null };

function stored(id: string, type: string, config: StoredResource["config"]): StoredResource {
  return { id, type, config, ...{ provider: "aws", name: null, account, region: "eu-west-1", tags: {} }, ...seen };
}

type Scan = Pick<StoredScan, "id" | "status" | "problems">;

interface Known {
  readonly resources: readonly StoredResource[];
  readonly scans: readonly Scan[];
  /** Not among the latest. */
  readonly older?: readonly Scan[];
}

/** One resource a page, so that pages are followed. */
function inventoryOf(known: () => Known): InventorySource {
  return storeInventory({
    listScans: () => Promise.resolve(known().scans as StoredScan[]),
    getScan: (id) => Promise.resolve((known().older?.find((scan) => scan.id === id) ?? null) as StoredScan | null),
    resources: ({ after = "0", ids }) => {
      const at = Number(after);
      const resources = known().resources.filter(({ id }) => ids === undefined || ids.includes(id));
      return Promise.resolve({
        resources: resources.slice(at, at + 1),
        next: ids === undefined && at + 1 < resources.length ? String(at + 1) : null,
      });
    },
  });
}

const network = stored(vpc, "AWS::EC2::VPC", {});
const flowLog = stored(log, "AWS::EC2::FlowLog", { ResourceId: "vpc-0123456789abcdef0" });
const scans = [{ id: "s", status: "finished", problems: [] }] as const;

function decider(inventory: InventorySource): (change: Change) => Promise<Decision> {
  const gate = createGate({
    ...{ sets: loaded.sets, policies: loaded.policies, controls: new Map(), packs: null, inventory },
    ...{ waivers: () => Promise.resolve([]), settings: {}, parameters: {}, version: "test" },
    clock: { now: () => new Date("2026-03-03T10:00:00Z"), newId: () => "d" },
    facts: {
      recentFailures: () => Promise.resolve(0),
      running: () => Promise.resolve([]),
      errorBudget: () => Promise.resolve(null),
    },
  });
  return (change) => gate.decide(proposalOf(planOf([change])));
}

const before = planned({ id: log, type: "AWS::EC2::FlowLog", config: { ResourceId: vpc } });
const removed: Change = { before: { ...before, references: [vpc] }, after: null };
const name = planned({ id: vpc, type: "AWS::EC2::VPC", tags: { a: "b" } });
const renamed: Change = { before: planned({ id: vpc, type: "AWS::EC2::VPC" }), after: name };

test("a failure of a resource that is not changed is found", async () => {
  const { answer, violations } = await decider(inventoryOf(() => ({ resources: [network, flowLog], scans })))(removed);
  expect({ answer, of: violations.map(({ resource }) => resource.id) }).toEqual({ answer: "deny", of: [vpc] });
});

test("what the store knows of others counts for what is changed", async () => {
  const decide = decider(inventoryOf(() => ({ resources: [network, flowLog], scans })));
  expect((await decide(renamed)).answer).toBe("allow");
});

const refused: Scan = {
  ...{ id: "s", status: "finished" },
  problems: [
    {
      ...{ kind: "problem", problem: "incomplete", at: "ec2:DescribeFlowLogs", line: null, column: null },
      ...{ message: "access denied", hides: [], account, region: null },
    },
  ],
};

test.each<[string, Known, string]>([
  ["the account was never scanned", { resources: [], scans: [] }, "scan it first"],
  [
    "the last scan was not let see everything",
    {
      resources: [network, flowLog],
      scans: [refused],
    },
    "access denied",
  ],
  [
    "another account was scanned since",
    { resources: [network, flowLog], scans: [{ id: "t", status: "finished", problems: [] }, refused] },
    "access denied",
  ],
  [
    "a scan since was not let in at all",
    { resources: [network, flowLog], scans: [{ ...refused, id: "t" }, ...scans] },
    "access denied",
  ],
  [
    "many scans of others since",
    { resources: [network, flowLog], scans: [{ id: "t", status: "finished", problems: [] }], older: [refused] },
    "access denied",
  ],
  [
    "the scan that saw it is not kept",
    { resources: [network, flowLog], scans: [{ id: "t", status: "finished", problems: [] }] },
    "is not kept",
  ],
])("%s: nobody knows", async (_, known, reason) => {
  const { answer, undecided, reasons } = await decider(inventoryOf(() => known))(renamed);
  expect({ answer, of: undecided.map((verdict) => verdict.verdict) }).toEqual({
    answer: "needs-approval",
    of: ["error"],
  });
  expect(reasons.join()).toContain(reason);
});

test("what is known is read again after the next scan", async () => {
  let known: Known = { resources: [network, flowLog], scans };
  const decide = decider(inventoryOf(() => known));
  expect((await decide(renamed)).answer).toBe("allow");
  known = { resources: [network], scans: [{ id: "t", status: "finished", problems: [] }, ...scans] };
  const { answer, existing } = await decide(renamed);
  expect({ answer, old: existing.length }).toEqual({ answer: "allow", old: 1 });
});
