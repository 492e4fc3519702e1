import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPackFolder } from "../src/engine/crossguard/pack-folder.js";
import { defaultLimits, PolicyPack } from "../src/engine/crossguard/policy-pack.js";
import type { PulumiResource } from "../src/engine/crossguard/pulumi-resource.js";
import type { JsonObject } from "../src/json.js";
import { packageFile } from "../src/package-root.js";

const folder = packageFile("policies", "crossguard", "platform");
let pack: PolicyPack;

beforeAll(async () => {
  pack = await PolicyPack.start(readPackFolder(folder), {
    config: {
      "trusted-accounts-only": { accounts: ["111111111111"] },
      "external-id-for-other-accounts": { own: ["111111111111"] },
      "stack-budget": { maximum: 1000 },
      "namespace-requests": { cpu: "4", memory: "8Gi" },
      "no-single-point-of-failure": { dependents: 2 },
    },
    runner: "own",
    allowNetwork: false,
    environment: [],
    limits: defaultLimits,
  });
});

afterAll(async () => {
  await pack.close();
});

/** `aws:ec2/vpc:Vpc::a`, its properties, and what properties of it depend on, by the names of resources. */
type Made = readonly [id: string, properties?: JsonObject, depends?: Readonly<Record<string, readonly string[]>>];

function resource([id, properties = {}]: Made): PulumiResource {
  const at = id.indexOf("::");
  const [type, name] = [id.slice(0, at), id.slice(at + 2)];
  return {
    urn: `urn:pulumi:inventory::portcullis::${id}`,
    type,
    name,
    properties,
    doubts: new Map(),
    parent: null,
    dependencies: [],
    propertyDependencies: new Map(),
    location: null,
  };
}

/** What a policy about single resources says of one: its messages, or why it does not apply. */
async function judged(policy: string, made: Made): Promise<readonly string[] | string | null> {
  const [answer] = await pack.analyze([resource(made)]);
  const found = answer?.get(policy);
  expect(found?.error, found?.error ?? "").toBeNull();
  expect(found?.undecided).toEqual([]);
  return found?.notApplicable ?? found?.violations.map(({ message }) => lastLine(message)) ?? null;
}

/** What a policy about the stack says: `name: message`. */
async function judgedStack(policy: string, made: readonly Made[]): Promise<readonly string[] | string | null> {
  const all = made.map(resource);
  const urnOf = (name: string): string => all.find((one) => one.name === name)?.urn ?? "";
  const stack = all.map((one, index) => {
    const depends = Object.entries(made[index]?.[2] ?? {});
    const propertyDependencies = new Map(depends.map(([property, names]) => [property, names.map(urnOf)] as const));
    const dependencies = [...propertyDependencies.values()].flat();
    return { resource: { ...one, propertyDependencies, dependencies }, dependencies, propertyDependencies };
  });
  const answer = await pack.analyzeStack(stack);
  const found = answer.get(policy);
  expect(found?.error, found?.error ?? "").toBeNull();
  if (found?.notApplicable != null) return found.notApplicable;
  return found?.violations.map(({ message, urn }) => `${urn.split("::").at(-1) ?? ""}: ${lastLine(message)}`) ?? null;
}

function lastLine(message: string): string {
  return message.split("\n").at(-1) ?? "";
}

const vpc = (name: string, cidrBlock: string): Made => [`aws:ec2/vpc:Vpc::${name}`, { cidrBlock }];
const subnet = (name: string, rest: JsonObject): Made => [`aws:ec2/subnet:Subnet::${name}`, rest];
const group = (name: string, ...ingress: JsonObject[]): Made => [
  `aws:ec2/securityGroup:SecurityGroup::${name}`,
  { ingress },
];
const tcp = (port: number, rest: JsonObject): JsonObject => ({
  protocol: "tcp",
  fromPort: port,
  toPort: port,
  ...rest,
});
const database = (...groups: string[]): Made => [
  "aws:rds/instance:Instance::db",
  { vpcSecurityGroupIds: groups, multiAz: true },
];
const role = (statement: JsonObject): Made => [
  "aws:iam/role:Role::r",
  { assumeRolePolicy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", ...statement }] }) },
];
const allow = (action: string | string[], resourceName = "*"): JsonObject => ({
  Effect: "Allow",
  Action: action,
  Resource: resourceName,
});
const rights = (...statements: JsonObject[]): Made[] => [
  ["aws:iam/role:Role::r", { name: "r" }],
  ["aws:iam/rolePolicy:RolePolicy::p", { role: "r", policy: JSON.stringify({ Statement: statements }) }],
];
const workload = (spec: JsonObject, labels: JsonObject = { app: "a" }, rest: JsonObject = {}): Made => [
  "kubernetes:apps/v1:Deployment::d",
  { metadata: { name: "d" }, spec: { ...rest, template: { metadata: { labels }, spec } } },
];
const networkPolicy = (podSelector: JsonObject, policyTypes = ["Ingress"]): Made => [
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::n",
  { metadata: { name: "n" }, spec: { podSelector, policyTypes } },
];
const budget = (spec: JsonObject): Made => [
  "kubernetes:policy/v1:PodDisruptionBudget::b",
  { metadata: { name: "b" }, spec: { selector: { matchLabels: { app: "a" } }, ...spec } },
];
const binding = (rule: JsonObject, subjects: JsonObject[] = [{ kind: "User", name: "u" }]): Made[] => [
  ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::c", { metadata: { name: "c" }, rules: [rule] }],
  [
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::cb",
    { metadata: { name: "cb" }, roleRef: { kind: "ClusterRole", name: "c" }, subjects },
  ],
];

test("the pack has its policies, each with a severity and a description", () => {
  expect(pack.info).toMatchObject({ name: "portcullis-platform", version: "0.1.0" });
  const { policies } = pack.info;
  expect(policies.length).toBeGreaterThanOrEqual(18);
  expect(policies.filter(({ kind }) => kind === "stack").length).toBeGreaterThanOrEqual(5);
  expect(policies.filter(({ severity, description }) => severity === null || description === "")).toEqual([]);
});

describe("single resources", () => {
  test.each<[string, string, Made, readonly string[] | string]>([
    [
      "subnet-capacity",
      "small",
      subnet("s", { cidrBlock: "10.0.0.0/28" }),
      ["10.0.0.0/28 has 11 usable addresses, not 16"],
    ],
    ["subnet-capacity", "large", subnet("s", { cidrBlock: "10.0.0.0/24" }), []],
    ["subnet-capacity", "something else", vpc("v", "10.0.0.0/28"), "not a subnet"],
    [
      "ingress-width",
      "two halves of everything",
      group("g", tcp(22, { cidrBlocks: ["0.0.0.0/1"] }), tcp(22, { cidrBlocks: ["128.0.0.0/1"] })),
      ["the rules together open port 22 to 4294967296 addresses"],
    ],
    ["ingress-width", "an office", group("g", tcp(22, { cidrBlocks: ["203.0.113.0/24"] })), []],
    ["ingress-width", "a port that all may reach", group("g", tcp(443, { cidrBlocks: ["0.0.0.0/0"] })), []],
    [
      "ingress-width",
      "every protocol, by IPv6",
      group("g", { protocol: "-1", fromPort: 0, toPort: 0, ipv6CidrBlocks: ["::/0"] }),
      [expect.stringMatching(/^the rules together open ports 22, 1433, .* addresses$/) as string],
    ],
    [
      "resource-budget",
      "dear",
      ["aws:ec2/instance:Instance::i", { instanceType: "r7i.48xlarge" }],
      ["costs about $9,272 a month, more than $5,000"],
    ],
    ["resource-budget", "cheap", ["aws:ec2/instance:Instance::i", { instanceType: "t3.micro" }], []],
    [
      "resource-budget",
      "no price",
      ["aws:ec2/instance:Instance::i", { instanceType: "z9.large" }],
      "the price table does not have it",
    ],
    [
      "current-generation",
      "old",
      ["aws:rds/instance:Instance::d", { instanceClass: "db.m4.large" }],
      ["db.m4.large is of an earlier generation; db.m5.large follows it"],
    ],
    ["current-generation", "new", ["aws:rds/instance:Instance::d", { instanceClass: "db.m7g.large" }], []],
    ["volume-generation", "gp2", ["aws:ebs/volume:Volume::v", { type: "gp2", size: 1 }], ["the volume is gp2"]],
    ["backups-kept", "none", ["aws:rds/instance:Instance::d", {}], ["backups are kept for 0 days, not 7"]],
    ["backups-kept", "a week", ["aws:rds/instance:Instance::d", { backupRetentionPeriod: 7 }], []],
    [
      "critical-resources-protected",
      "critical",
      ["aws:dynamodb/table:Table::t", { tags: { Tier: "critical" } }],
      ["deletionProtectionEnabled is not true"],
    ],
    [
      "critical-resources-protected",
      "not critical",
      ["aws:dynamodb/table:Table::t", { tags: {} }],
      "is not critical, or cannot be protected",
    ],
    ["trusted-accounts-only", "anybody", role({ Principal: "*" }), ["assumeRolePolicy lets in anybody"]],
    [
      "trusted-accounts-only",
      "a stranger",
      role({ Principal: { AWS: "arn:aws:iam::222222222222:root" } }),
      ["assumeRolePolicy lets in the account 222222222222"],
    ],
    [
      "trusted-accounts-only",
      "the own account",
      role({ Principal: { AWS: ["arn:aws:iam::111111111111:role/x"] } }),
      [],
    ],
    [
      "no-confused-deputy",
      "no source",
      role({ Principal: { Service: "sns.amazonaws.com" } }),
      ["assumeRolePolicy lets in sns.amazonaws.com without aws:SourceAccount or aws:SourceArn"],
    ],
    [
      "no-confused-deputy",
      "a source",
      role({ Principal: { Service: "sns.amazonaws.com" }, Condition: { StringEquals: { "aws:SourceAccount": "1" } } }),
      [],
    ],
    ["no-confused-deputy", "a service that acts for one", role({ Principal: { Service: "ec2.amazonaws.com" } }), []],
    [
      "external-id-for-other-accounts",
      "without",
      role({ Principal: { AWS: "222222222222" } }),
      ["222222222222 can take the role without an external id"],
    ],
    [
      "external-id-for-other-accounts",
      "with",
      role({ Principal: { AWS: "222222222222" }, Condition: { StringEquals: { "sts:ExternalId": "x" } } }),
      [],
    ],
    [
      "probe-timing",
      "killed while it sleeps",
      workload({
        containers: [{ name: "c", lifecycle: { preStop: { exec: { command: ["sh", "-c", "sleep 40"] } } } }],
      }),
      ["c: preStop sleeps for 40 s, and the pod is killed after 30 s"],
    ],
    [
      "probe-timing",
      "restarted before it leaves service",
      workload({
        containers: [{ name: "c", livenessProbe: { periodSeconds: 5 }, readinessProbe: { periodSeconds: 10 } }],
      }),
      ["c: is restarted after 15 s without an answer, before it leaves service after 30 s"],
    ],
    [
      "no-service-account-token",
      "not said",
      workload({ containers: [] }),
      ["automountServiceAccountToken is not said"],
    ],
    ["no-service-account-token", "said", workload({ automountServiceAccountToken: true }), []],
  ])("%s: %s", async (policy, _, made, expected) => {
    expect(await judged(policy, made)).toEqual(expected);
  });

  test.each<[string, Made, JsonObject]>([
    ["volume-generation", ["aws:ebs/volume:Volume::v", { type: "gp2" }], { type: "gp3" }],
    ["backups-kept", ["aws:rds/instance:Instance::d", { multiAz: true }], { multiAz: true, backupRetentionPeriod: 7 }],
    [
      "critical-resources-protected",
      ["aws:lb/loadBalancer:LoadBalancer::l", { tags: { Tier: "critical" } }],
      { tags: { Tier: "critical" }, enableDeletionProtection: true },
    ],
    [
      "no-service-account-token",
      [
        "kubernetes:batch/v1:CronJob::c",
        { spec: { jobTemplate: { spec: { template: { spec: { containers: [] } } } } } },
      ],
      {
        spec: {
          jobTemplate: { spec: { template: { spec: { containers: [], automountServiceAccountToken: false } } } },
        },
      },
    ],
  ])("%s puts it right", async (policy, made, expected) => {
    const [answer] = await pack.remediate([resource(made)]);
    expect(answer?.get(policy)?.remediation?.properties).toEqual(expected);
  });
});

describe("the whole stack", () => {
  test.each<[string, string, readonly Made[], readonly string[] | string]>([
    [
      "subnet-in-vpc",
      "outside, by the engine's dependency",
      [
        vpc("v", "10.0.0.0/16"),
        [...subnet("s", { cidrBlock: "10.1.0.0/24" }).slice(0, 2), { vpcId: ["v"] }] as unknown as Made,
      ],
      ["s: 10.1.0.0/24 is not within 10.0.0.0/16 of the VPC v"],
    ],
    [
      "subnet-in-vpc",
      "inside, by id",
      [vpc("vpc-1", "10.0.0.0/16"), subnet("s", { cidrBlock: "10.0.9.0/24", vpcId: "vpc-1" })],
      [],
    ],
    [
      "vpcs-do-not-overlap",
      "one in another",
      [vpc("a", "10.0.0.0/8"), vpc("b", "10.9.0.0/16"), vpc("c", "11.0.0.0/16")],
      ["b: 10.9.0.0/16 overlaps with 10.0.0.0/8 of the VPC a"],
    ],
    ["vpcs-do-not-overlap", "side by side", [vpc("a", "10.0.0.0/16"), vpc("b", "10.1.0.0/16")], []],
    [
      "databases-apart-from-internet",
      "open itself",
      [group("sg-db", tcp(5432, { cidrBlocks: ["0.0.0.0/0"] })), database("sg-db")],
      ["db: reachable from the internet by sg-db"],
    ],
    [
      "databases-apart-from-internet",
      "behind the balancer alone",
      [
        group("sg-lb", tcp(443, { cidrBlocks: ["0.0.0.0/0"] })),
        group("sg-db", tcp(5432, { securityGroups: ["sg-lb"] })),
        database("sg-db"),
      ],
      ["db: reachable from the internet by sg-lb → sg-db"],
    ],
    [
      "databases-apart-from-internet",
      "behind two",
      [
        group("sg-lb", tcp(443, { cidrBlocks: ["0.0.0.0/0"] })),
        group("sg-app", tcp(80, { securityGroups: ["sg-lb"] })),
        group("sg-db", tcp(5432, { securityGroups: ["sg-app", "sg-db"] })),
        database("sg-db"),
      ],
      [],
    ],
    [
      "no-unused-security-groups",
      "one of two",
      [group("sg-1"), group("sg-2"), database("sg-1")],
      ["sg-2: nothing uses the group"],
    ],
    [
      "stack-budget",
      "too dear, with one that has no price",
      [
        ["aws:ec2/instance:Instance::a", { instanceType: "m5.4xlarge" }],
        ["aws:ec2/instance:Instance::b", { instanceType: "m5.4xlarge" }],
        ["aws:ec2/instance:Instance::c", { instanceType: "z9.huge" }],
      ],
      [": the resources cost about $1,121 a month, and c without a price besides; agreed are $1,000"],
    ],
    [
      "one-nat-gateway-per-subnet",
      "two",
      [
        ["aws:ec2/natGateway:NatGateway::a", { subnetId: "s" }],
        ["aws:ec2/natGateway:NatGateway::b", { subnetId: "s" }],
      ],
      ["b: stands in the subnet of a"],
    ],
    [
      "spread-over-zones",
      "one zone",
      [
        subnet("s1", { availabilityZone: "a" }),
        subnet("s2", { availabilityZone: "a" }),
        ["aws:lb/loadBalancer:LoadBalancer::l", { subnets: ["s1", "s2"] }],
      ],
      ["l: stands in a alone; expected 2 zones"],
    ],
    [
      "spread-over-zones",
      "a subnet that is elsewhere",
      [subnet("s1", { availabilityZone: "a" }), ["aws:lb/loadBalancer:LoadBalancer::l", { subnets: ["s1", "s9"] }]],
      [],
    ],
    [
      "no-single-point-of-failure",
      "three depend on it, one by way of another",
      [
        ["aws:rds/instance:Instance::db", {}],
        ["aws:lambda/function:Function::f", {}, { environment: ["db"] }],
        ["aws:lambda/function:Function::g", {}, { environment: ["db"] }],
        ["aws:lambda/permission:Permission::p", {}, { function: ["f"] }],
      ],
      ["db: falls with its zone, and f, g, p depend on it"],
    ],
    [
      "groups-check-their-targets",
      "behind a balancer",
      [["aws:autoscaling/group:Group::g", { targetGroupArns: ["t"], healthCheckType: "EC2" }]],
      ["g: healthCheckType is not ELB"],
    ],
    [
      "no-privilege-escalation",
      "two rights that are harmless apart",
      rights(allow("iam:PassRole"), allow(["ec2:Run*"])),
      ["r: can give itself more rights by iam:PassRole with ec2:RunInstances"],
    ],
    ["no-privilege-escalation", "one of them", rights(allow("iam:PassRole")), []],
    [
      "no-privilege-escalation",
      "one role alone may be passed",
      rights(allow("iam:PassRole", "arn:aws:iam::1:role/x"), allow("ec2:*")),
      [],
    ],
    [
      "no-privilege-escalation",
      "denied again",
      rights(allow("*"), { Effect: "Deny", Action: ["iam:*", "lambda:*"], Resource: "*" }),
      [],
    ],
    [
      "no-privilege-escalation",
      "a policy that is attached",
      [
        ["aws:iam/user:User::u", { name: "u" }],
        [
          "aws:iam/policy:Policy::arn:aws:iam::1:policy/p",
          { policy: JSON.stringify({ Statement: allow("iam:CreateAccessKey") }) },
        ],
        ["aws:iam/userPolicyAttachment:UserPolicyAttachment::a", { user: "u", policyArn: "arn:aws:iam::1:policy/p" }],
      ],
      ["u: can give itself more rights by iam:CreateAccessKey"],
    ],
    [
      "pods-have-network-policies",
      "selected by label",
      [workload({}), networkPolicy({ matchLabels: { app: "a" } })],
      [],
    ],
    [
      "pods-have-network-policies",
      "another label",
      [workload({}), networkPolicy({ matchExpressions: [{ key: "app", operator: "NotIn", values: ["a"] }] })],
      ["d: no NetworkPolicy limits what reaches its pods"],
    ],
    [
      "pods-have-network-policies",
      "only what leaves",
      [workload({}), networkPolicy({}, ["Egress"])],
      ["d: no NetworkPolicy limits what reaches its pods"],
    ],
    [
      "disruption-budgets-work",
      "none",
      [workload({}, { app: "a" }, { replicas: 3 })],
      ["d: 3 replicas have no disruption budget"],
    ],
    [
      "disruption-budgets-work",
      "never lets one go",
      [workload({}, { app: "a" }, { replicas: 3 }), budget({ minAvailable: "67%" })],
      ["d: the budget b never lets one of 3 replicas go"],
    ],
    [
      "disruption-budgets-work",
      "lets one go",
      [workload({}, { app: "a" }, { replicas: 3 }), budget({ maxUnavailable: 1 })],
      [],
    ],
    [
      "namespace-requests",
      "too much",
      [workload({ containers: [{ resources: { requests: { cpu: "1500m", memory: "1Gi" } } }] }, {}, { replicas: 3 })],
      [": the namespace default asks for 4.5 of cpu, more than 4"],
    ],
    [
      "no-role-escalation",
      "may bind roles",
      binding({ verbs: ["bind"], resources: ["clusterroles"] }),
      ["cb: u may bind roles by c"],
    ],
    ["no-role-escalation", "reads pods", binding({ verbs: ["get"], resources: ["pods"] }), []],
    ["no-role-escalation", "nothing is bound", [], "there are no role bindings"],
  ])("%s: %s", async (policy, _, made, expected) => {
    expect(await judgedStack(policy, made)).toEqual(expected);
  });

  /** Databases behind a chain of groups, each of which lets the next one in. */
  const chain = (length: number): Made[] =>
    Array.from({ length }, (_, index) =>
      index % 2 === 0
        ? group(`sg-${index}`, tcp(22, { securityGroups: [`sg-${index + 2}`] }))
        : [`aws:rds/instance:Instance::db${index}`, { vpcSecurityGroupIds: [`sg-${index - 1}`] }],
    );

  test("5,000 resources are no trouble", async () => {
    expect(await judgedStack("databases-apart-from-internet", chain(5_000))).toEqual([]);
  });

  // By the policy itself: what is sent to a pack is as much for each of 5,000 resources.
  test("50,000 resources are no trouble for the longest of ways", () => {
    const { network } = require(`${folder}/network.js`) as { network: readonly StackPolicy[] };
    const policy = network.find(({ name }) => name === "databases-apart-from-internet");
    const open = group("sg-49998", tcp(22, { cidrBlocks: ["0.0.0.0/0"] }));
    const all = chain(50_000).map((one, index) => resource(index === 49_998 ? open : one));
    const found: string[] = [];
    policy?.validateStack(
      {
        resources: all.map(({ urn, type, name, properties }) => ({ urn, type, name, props: properties })),
        getConfig: () => ({ between: 1 }),
        notApplicable: () => undefined,
      },
      (message, urn) => found.push(`${urn.split("::").at(-1) ?? ""}: ${message}`),
    );
    expect(found.toSorted()).toEqual([
      "db49997: reachable from the internet by sg-49998 → sg-49996",
      "db49999: reachable from the internet by sg-49998",
    ]);
  });
});

interface StackPolicy {
  readonly name: string;
  readonly validateStack: (
    args: {
      readonly resources: readonly object[];
      readonly getConfig: () => object;
      readonly notApplicable: () => void;
    },
    report: (message: string, urn: string) => void,
  ) => void;
}

interface Block {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}
interface Addresses {
  readonly parseBlock: (text: string) => Block | undefined;
  readonly mergeRanges: (blocks: readonly Block[]) => Block[];
  readonly countAddresses: (blocks: readonly Block[]) => bigint;
}
interface Quantities {
  readonly parseQuantity: (text: unknown) => number | undefined;
}
interface Permissions {
  readonly matches: (pattern: string, text: string) => boolean;
}
const require = createRequire(import.meta.url);
const addresses = require(`${folder}/lib/addresses.js`) as Addresses;
const { parseQuantity } = require(`${folder}/lib/kubernetes.js`) as Quantities;
const { matches } = require(`${folder}/lib/permissions.js`) as Permissions;

describe("arithmetic", () => {
  const block4 = fc
    .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255), fc.integer({ min: 20, max: 32 }))
    .map(([a, b, c, d, prefix]) => `${a % 2}.${b % 2}.${c}.${d}/${prefix}`);

  test("merged ranges hold the same addresses, and do not touch", () => {
    fc.assert(
      fc.property(fc.array(block4, { maxLength: 12 }), (texts) => {
        const blocks = texts.map((text) => addresses.parseBlock(text)).filter((one) => one !== undefined);
        expect(blocks.length).toBe(texts.length);
        const merged = addresses.mergeRanges(blocks);
        for (const { first, last } of blocks) {
          expect(merged.some((range) => range.first <= first && last <= range.last)).toBe(true);
        }
        merged.slice(1).forEach((range, index) => {
          expect(range.first > (merged[index]?.last ?? 0n) + 1n).toBe(true);
        });
        for (const range of merged) {
          expect(blocks.some(({ first }) => first === range.first)).toBe(true);
          expect(blocks.some(({ last }) => last === range.last)).toBe(true);
        }
      }),
    );
  });

  test.each([
    ["10.0.0.0/8", 4, 1n << 24n],
    ["10.0.0.77/30", 4, 4n],
    ["::/0", 6, 1n << 128n],
    ["2001:db8::/32", 6, 1n << 96n],
    ["::ffff", 6, 1n],
    ["1.2.3.4", 4, 1n],
  ] as const)("%s", (text, version, count) => {
    const block = addresses.parseBlock(text);
    expect(block?.version).toBe(version);
    expect(block && addresses.countAddresses([block])).toBe(count);
  });

  test.each(["", "10.0.0/8", "10.0.0.256/8", "10.0.0.0/33", "1::2::3", "::/129", "x", "1.2.3.4/8/8", ":::"])(
    "%j is no block",
    (text) => {
      expect(addresses.parseBlock(text)).toBeUndefined();
    },
  );

  test.each([
    ["250m", 0.25],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["2e3", 2000],
    ["100", 100],
    [4, 4],
    ["1K", undefined],
    ["", undefined],
    ["one", undefined],
  ])("the quantity %j", (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  test("wildcards match as a regular expression does", () => {
    const letters = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 8 }).map((all) => all.join(""));
    const texts = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 }).map((all) => all.join(""));
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(matches(pattern, text)).toBe(expression.test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
