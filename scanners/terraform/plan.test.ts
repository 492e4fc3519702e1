import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { JsonObject, Json } from "../../src/json.js";
import { readTerraformPlan } from "./plan.js";

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`testing/${name}`, import.meta.url), "utf8")) as JsonObject;
const locate = (pointer: string) => ({ file: pointer, line: 1 });
const read = (plan: Json) => readTerraformPlan(plan as JsonObject, "plan.json", locate);

const change = (
  address: string,
  after: Json,
  more: { [key: string]: Json } = {},
  actions: readonly string[] = ["create"],
): JsonObject => {
  const [type = "", name = ""] = address
    .replace(/^(module\.[^.]+\.)*/, "")
    .replace(/^data\./, "")
    .replace(/\[.*$/, "")
    .split(".");
  const mode = /(^|\.)data\./.test(address) ? "data" : "managed";
  return {
    address,
    mode,
    type,
    name,
    change: { actions: [...actions], before: null, after, after_unknown: {}, ...more },
  };
};
const plan = (changes: readonly Json[], more: { [key: string]: Json } = {}): JsonObject => ({
  format_version: "1.2",
  terraform_version: "1.11.4",
  resource_changes: changes,
  ...more,
});
const referencesOf = (reading: ReturnType<typeof read>) =>
  Object.fromEntries(reading.resources.map(({ address, references }) => [address, Object.fromEntries(references)]));

describe("a real plan", () => {
  const reading = read(fixture("services/plan.json"));

  test("has each resource with its values, and what is not known apart", () => {
    expect(reading.problems).toEqual([]);
    expect(
      reading.resources
        .map(({ address, values, unknown, region }) => ({ address, values, unknown, region }))
        .slice(1, 4),
    ).toEqual([
      {
        address: "terraform_data.reader",
        values: { input: { first: "store-orders", store: [null] }, triggers_replace: null },
        unknown: ["/id", "/input/store/0", "/output"],
        region: null,
      },
      {
        address: "terraform_data.rule[0]",
        values: { input: { name: "orders-0", port: 8080 }, triggers_replace: [null, 0] },
        unknown: ["/id", "/output", "/triggers_replace/0"],
        region: null,
      },
      {
        address: "terraform_data.rule[1]",
        values: { input: { name: "orders-1", port: 8081 }, triggers_replace: [null, 1] },
        unknown: ["/id", "/output", "/triggers_replace/0"],
        region: null,
      },
    ]);
  });

  test("has references that go through calls, variables and outputs", () => {
    const references = referencesOf(reading);
    expect(references['module.store["orders"].module.inner.terraform_data.satellite[0]']).toEqual({
      "/triggers_replace": ['module.store["orders"].terraform_data.this'],
    });
    expect(references['module.store["orders"].terraform_data.this']).toEqual({
      "/input": [],
      "/triggers_replace": ["terraform_data.base"],
    });
    expect(references["terraform_data.reader"]).toEqual({
      "/input": ["module.store", 'module.store["orders"].terraform_data.this'],
    });
  });

  test("is located in the plan", () => {
    expect(reading.resources[0]?.locate("/input/prefix")).toEqual({
      file: "/resource_changes/0/change/after/input/prefix",
      line: 1,
    });
  });
});

test("a plan over a state has what stays and what changes, and not what goes", () => {
  const reading = read(fixture("changed-plan.json"));
  expect(reading.problems).toEqual([]);
  expect(reading.resources.map(({ address }) => address)).toEqual([
    "terraform_data.base",
    "terraform_data.reader",
    "terraform_data.rule[0]",
    "terraform_data.rule[1]",
    'terraform_data.service["orders"]',
    'module.store["orders"].terraform_data.this',
    'module.store["orders"].module.inner.terraform_data.satellite[0]',
  ]);
  expect(reading.resources.find(({ address }) => address === "terraform_data.rule[0]")?.values["input"]).toEqual({
    name: "orders-0",
    port: 8081,
  });
});

test("a state is read too", () => {
  const reading = read(fixture("state.json"));
  expect(reading.problems).toEqual([]);
  expect(reading.resources).toHaveLength(10);
  const satellite = reading.resources.at(-1);
  expect(satellite?.address).toBe('module.store["orders"].module.inner.terraform_data.satellite[0]');
  expect(satellite?.locate("/id")?.file).toMatch(
    /^\/values\/root_module\/child_modules\/0\/child_modules\/0\/resources\/0\/values\/id$/,
  );
});

test("unknown: whole, nested, in lists, and blocks", () => {
  const changes = [
    change("a.whole", {}, { after_unknown: true }),
    change("a.nothing", null, { after_unknown: true }),
    change(
      "a.parts",
      { list: ["x", null], block: [{ p: 1 }], kept: 0 },
      { after_unknown: { list: [false, true], block: [{ q: true }], all: true, none: false } },
    ),
    change("a.list", { kept: 1 }, { after_unknown: { rules: true } }),
    change("data.a.read", { filter: "x" }, { after_unknown: { id: true } }, ["read"]),
  ];
  expect(
    read(plan(changes)).resources.map(({ address, mode, values, unknown }) => ({ address, mode, values, unknown })),
  ).toEqual([
    { address: "a.whole", mode: "managed", values: {}, unknown: [""] },
    { address: "a.nothing", mode: "managed", values: {}, unknown: [""] },
    {
      address: "a.parts",
      mode: "managed",
      values: { list: ["x", null], block: [{ p: 1 }], kept: 0 },
      unknown: ["/list/1", "/block/0/q", "/all"],
    },
    { address: "a.list", mode: "managed", values: { kept: 1 }, unknown: ["/rules"] },
    { address: "data.a.read", mode: "data", values: { filter: "x" }, unknown: ["/id"] },
  ]);
});

const bucketModule = {
  resources: [
    {
      address: "aws_s3_bucket.this",
      provider_config_key: "aws.us",
      expressions: { bucket: { references: ["var.name"] } },
    },
    {
      address: "aws_s3_bucket_acl.this",
      provider_config_key: "aws.us",
      expressions: { bucket: { references: ["var.bucket"] } },
    },
  ],
  outputs: { id: { expression: { references: ["aws_s3_bucket.this.id", "aws_s3_bucket.this"] } } },
  variables: { name: {}, bucket: {} },
};

test("a satellite in another module finds its owner", () => {
  const configuration = {
    provider_config: {
      aws: { name: "aws", expressions: { region: { constant_value: "eu-west-1" } } },
      "aws.us": { name: "aws", alias: "us", expressions: { region: { references: ["var.region"] } } },
    },
    root_module: {
      variables: { region: { default: "us-east-2" } },
      resources: [
        {
          address: "aws_s3_bucket.b",
          provider_config_key: "aws",
          for_each_expression: { references: ["var.names"] },
          expressions: { bucket: { references: ["each.key"] } },
        },
        {
          address: "aws_s3_bucket_policy.p",
          provider_config_key: "aws",
          expressions: {
            bucket: { references: ["module.owner.id", "module.owner"] },
            policy: { references: ["local.policy"] },
          },
        },
        {
          address: "aws_s3_bucket_versioning.v",
          provider_config_key: "aws",
          for_each_expression: { references: ["aws_s3_bucket.b"] },
          expressions: {
            bucket: { references: ["each.value.id", "each.value"] },
            versioning_configuration: [{ status: { references: ["var.status"] } }],
          },
        },
        {
          address: "aws_s3_bucket_acl.c",
          provider_config_key: "aws",
          expressions: {
            bucket: { references: ["aws_s3_bucket.b", "count.index"] },
            rule: [{ target: { references: ['aws_s3_bucket.b["x"].arn', 'aws_s3_bucket.b["x"]', "aws_s3_bucket.b"] } }],
          },
        },
      ],
      module_calls: {
        owner: { expressions: { name: { constant_value: "n" } }, module: bucketModule },
        acl: {
          for_each_expression: { references: ["var.names"] },
          expressions: { bucket: { references: ["aws_s3_bucket.b", "each.key"] } },
          module: bucketModule,
        },
      },
    },
  };
  const changes = [
    change('aws_s3_bucket.b["x"]', { bucket: "x" }),
    change('aws_s3_bucket.b["y"]', { bucket: "y" }),
    change("aws_s3_bucket_policy.p", {}),
    change('aws_s3_bucket_versioning.v["x"]', { versioning_configuration: [{ status: "Enabled" }] }),
    change("aws_s3_bucket_acl.c[0]", { rule: [{}, {}] }),
    change("module.owner.aws_s3_bucket.this", { bucket: "n" }),
    change('module.acl["y"].aws_s3_bucket_acl.this', {}),
  ];
  const reading = read(plan(changes, { configuration, variables: { region: { value: "us-west-2" } } }));
  expect(reading.problems).toEqual([]);
  expect(referencesOf(reading)).toEqual({
    'aws_s3_bucket.b["x"]': { "/bucket": ["each.key"] },
    'aws_s3_bucket.b["y"]': { "/bucket": ["each.key"] },
    "aws_s3_bucket_policy.p": { "/bucket": ["module.owner.aws_s3_bucket.this"], "/policy": ["local.policy"] },
    'aws_s3_bucket_versioning.v["x"]': {
      "/bucket": ['aws_s3_bucket.b["x"]'],
      "/versioning_configuration/0/status": [],
    },
    "aws_s3_bucket_acl.c[0]": { "/bucket": ["aws_s3_bucket.b", "count.index"], "/rule": ['aws_s3_bucket.b["x"]'] },
    "module.owner.aws_s3_bucket.this": { "/bucket": [] },
    'module.acl["y"].aws_s3_bucket_acl.this': { "/bucket": ['aws_s3_bucket.b["y"]'] },
  });
  expect(Object.fromEntries(reading.resources.map(({ address, region }) => [address, region]))).toMatchObject({
    "aws_s3_bucket_policy.p": "eu-west-1",
    "module.owner.aws_s3_bucket.this": "us-west-2",
  });
});

test("the region of a resource itself goes before the provider's", () => {
  expect(read(plan([change("aws_x.y", { region: "ap-south-1" })])).resources[0]?.region).toBe("ap-south-1");
});

test("data sources that were read while planning come from the prior state", () => {
  const resources = [
    {
      address: "data.aws_iam_policy_document.d",
      mode: "data",
      type: "aws_iam_policy_document",
      name: "d",
      values: { json: "{}" },
    },
    { address: "aws_x.old", mode: "managed", type: "aws_x", name: "old", values: {} },
  ];
  const reading = read(plan([], { prior_state: { format_version: "1.0", values: { root_module: { resources } } } }));
  expect(reading.resources.map(({ address, values }) => ({ address, values }))).toEqual([
    { address: "data.aws_iam_policy_document.d", values: { json: "{}" } },
  ]);
});

const missing = { root_module: { resources: [{ address: "a.b", mode: "managed", type: "a", name: "b", values: {} }] } };
const deep = JSON.parse(`${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`) as JsonObject;
const badPlans: [string, Json, string, string, string][] = [
  ["a list", [], "unreadable", "", "the document was expected to be an object, as `terraform show -json` prints"],
  [
    "no version",
    { resource_changes: [] },
    "unreadable",
    "/format_version",
    "format_version was expected to be 0.x or 1.x, as Terraform and OpenTofu print; found none",
  ],
  [
    "a future version",
    { format_version: "2.0", resource_changes: [] },
    "unreadable",
    "/format_version",
    'format_version was expected to be 0.x or 1.x, as Terraform and OpenTofu print; found "2.0"',
  ],
  [
    "nothing of a plan",
    { format_version: "1.2" },
    "unreadable",
    "/resource_changes",
    "/resource_changes was expected to be a list of resource changes, as a plan has; it is not there",
  ],
  [
    "changes that are no list",
    plan([], { resource_changes: {} }),
    "unreadable",
    "/resource_changes",
    "/resource_changes was expected to be a list of resource changes",
  ],
  [
    "changes left out",
    { format_version: "1.2", planned_values: missing },
    "unreadable",
    "/planned_values/root_module/resources/0",
    "a.b is in planned_values but not in resource_changes, so what is known of it cannot be told; was the plan edited?",
  ],
  [
    "a change that is text",
    plan(["x"]),
    "unreadable",
    "/resource_changes/0",
    "/resource_changes/0 was expected to be a resource change with a `change` object",
  ],
  [
    "no actions",
    plan([{ address: "a.b", type: "a", name: "b", mode: "managed", change: { after: {} } }]),
    "unreadable",
    "/resource_changes/0/change/actions",
    "/resource_changes/0/change/actions was expected to be a list of actions",
  ],
  [
    "no values",
    plan([change("a.b", null)]),
    "unreadable",
    "/resource_changes/0/change/after",
    "/resource_changes/0/change/after was expected to be an object with the resource's values",
  ],
  [
    "no address",
    plan([{ change: { actions: ["create"], after: {} } }]),
    "unreadable",
    "/resource_changes/0",
    "/resource_changes/0 was expected to be a resource with address, mode, type and name",
  ],
  [
    "too deep",
    plan([change("a.b", deep)]),
    "unreadable",
    "/resource_changes/0/change/after",
    "the values of a.b nest more than 200 levels deep",
  ],
  [
    "errored",
    plan([], { errored: true }),
    "incomplete",
    "/errored",
    "Terraform stopped with an error while it made this plan, so resources may be missing; plan again",
  ],
  [
    "not complete",
    plan([], { complete: false }),
    "incomplete",
    "/complete",
    "this plan does not hold every change (deferred changes or -target); what it leaves out is not checked",
  ],
];

test.each(badPlans)("%s is a problem", (_, document, kind, at, message) => {
  const problems: unknown[] = [];
  const reading = readTerraformPlan(document as JsonObject, "plan.json", (pointer) => {
    problems.push(pointer);
    return { file: "plan.json", line: 7, column: 3 };
  });
  expect(reading).toEqual({
    resources: [],
    problems: [
      {
        kind: "problem",
        problem: kind,
        at: "plan.json",
        line: 7,
        column: 3,
        message,
        hides: [],
        account: null,
        region: null,
      },
    ],
  });
  expect(problems).toEqual([at]);
});

test("a bad change does not hide the good ones", () => {
  const reading = read(plan([change("a.b", null), change("a.c", { v: 1 })]));
  expect(reading.resources.map(({ address }) => address)).toEqual(["a.c"]);
  expect(reading.problems).toHaveLength(1);
});

test("a plan without any resource is empty, and no problem", () => {
  expect(
    read({ format_version: "1.2", planned_values: { root_module: {} }, configuration: { root_module: {} } }),
  ).toEqual({ resources: [], problems: [] });
  expect(read({ format_version: "1.0", terraform_version: "1.11.4" })).toEqual({ resources: [], problems: [] });
});

test("the key __proto__ is data", () => {
  const after = JSON.parse(
    '{"tags": {"__proto__": "x", "constructor": "y"}, "__proto__": {"polluted": true}}',
  ) as JsonObject;
  const unknown = JSON.parse('{"tags": {"constructor": true}}') as JsonObject;
  const [resource] = read(plan([change("a.b", after, { after_unknown: unknown })])).resources;
  expect(JSON.stringify(resource?.values)).toBe('{"tags":{"__proto__":"x"},"__proto__":{"polluted":true}}');
  expect(resource?.unknown).toEqual(["/tags/constructor"]);
});

test("references that go in circles, or double at each turn, end", () => {
  const circle = { expressions: { i: { references: ["module.c.o", "var.x", "module.c.p"] } } };
  const outputs = {
    o: { expression: { references: ["var.i"] } },
    p: { expression: { references: ["var.i", "var.j"] } },
  };
  const module: { [key: string]: Json } = {
    resources: [{ address: "a.b", expressions: { v: { references: ["module.c.p"] } } }],
    module_calls: { c: { ...circle, module: { outputs } } },
  };
  const references = referencesOf(read(plan([change("a.b", {})], { configuration: { root_module: module } })))["a.b"];
  expect(references?.["/v"]?.length).toBeGreaterThan(0);
});

test("a long list of which nothing is known is read in a moment", () => {
  const after = { list: Array.from({ length: 50_000 }, () => null) };
  const { resources } = read(plan([change("a.b", after, { after_unknown: { list: after.list.map(() => true) } })]));
  expect(resources[0]?.unknown).toHaveLength(50_000);
});
