// How long a decision takes in a process that stays: node bench/gate.mjs [RESOURCES KNOWN]
import { loadPolicies } from "../dist/src/compose.js";
import { createGate } from "../dist/src/actions/gate.js";
import { defaultSettings } from "../dist/src/settings.js";

const known = Number(process.argv[2] ?? 20_000);
const policy = process.argv[3];
const account = "111122223333";
const resource = (name, config) => ({
  ...{
    id: `arn:aws:s3:::${name}`,
    provider: "aws",
    type: "AWS::S3::Bucket",
    name,
    account,
    region: "eu-west-1",
    tags: {},
  },
  ...{ config, unknown: [], raw: null },
  source: { scanner: "bench", uri: null, line: null, column: null, capturedAt: null },
});
const item = (one) => ({ kind: "resource", resource: one, locate: () => null, references: [], failures: [] });
const resources = Array.from({ length: known }, (_, at) =>
  item(resource(`known-${at}`, { BucketName: `known-${at}` })),
);
const settings = policy === undefined ? defaultSettings : { ...defaultSettings, policy: [policy] };
const { policies, sets } = await loadPolicies(settings);
const gate = createGate({
  ...{ sets, policies, controls: new Map(), packs: null, settings: {}, parameters: {}, version: "bench" },
  inventory: { version: async () => "1", known: async () => ({ resources, problems: [] }), seen: async () => [] },
  facts: { recentFailures: async () => 0, running: async () => [], errorBudget: async () => null },
  waivers: async () => [],
  clock: { now: () => new Date(), newId: () => "d" },
});
const planned = (one) => ({ resource: one, references: [], failures: [] });
const change = { before: planned(resource("a", {})), after: planned(resource("a", { BucketName: "a" })) };
const step = { id: "s", title: "t", resources: [change.before.resource.id], wave: 0, apply: {}, rollback: {} };
const proposal = {
  ...{ action: "a", kind: "remediation.apply", module: "remediation", parameters: {}, reason: "bench" },
  requester: { name: "ada", source: "os-user", roles: [] },
  plan: {
    target: { key: `aws:${account}/eu-west-1`, environment: null, account, region: "eu-west-1" },
    ...{ changes: [change], steps: [step], problems: [], group: null, cost: null },
  },
};
const times = [];
for (let run = 0; run < 220; run++) {
  const from = performance.now();
  await gate.decide(proposal);
  if (run >= 20) times.push(performance.now() - from);
}
times.sort((a, b) => a - b);
const at = (share) => (times[Math.floor(times.length * share)] ?? 0).toFixed(2);
process.stdout.write(
  `${policies.length} policies, ${known} resources known, ${times.length} decisions: median ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
);
