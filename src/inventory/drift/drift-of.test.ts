import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isObject, setOwn, type Json, type JsonObject } from "../../json.js";
import { driftOf } from "./drift-of.js";
import type { DesiredResource, LiveResource } from "./drift.js";

const account = "111111111111";
const identity = { provider: "aws", name: "x", account, region: "eu-west-1" };

function live(type: string, config: JsonObject, rest: Partial<LiveResource> = {}): LiveResource {
  return { id: "arn:x", type, ...identity, tags: {}, config, failures: [], ...rest };
}

function desired(type: string, config: JsonObject, rest: Partial<DesiredResource> = {}): DesiredResource {
  return {
    ...{ address: "x", id: "arn:x", type, ...identity, tags: {}, config, coverage: "all", unknown: [], secrets: [] },
    ...{ redacted: false, against: "terraform", source: "s", ...rest },
  };
}

const any = "AWS::Any::Thing";
const bucket = "AWS::S3::Bucket";
const encrypted = (byDefault: JsonObject): JsonObject => ({
  BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: byDefault }] },
});
const kms = encrypted({ SSEAlgorithm: "aws:kms", KMSMasterKeyID: "1234" });
const aes = encrypted({ SSEAlgorithm: "AES256" });
const enforced = { OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } };
const blocks = (all: boolean): JsonObject => ({
  PublicAccessBlockConfiguration: {
    ...{ BlockPublicAcls: all, BlockPublicPolicy: all, IgnorePublicAcls: all, RestrictPublicBuckets: all },
  },
});
const open = { Policy: { Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "*" }] } };
const metadata = (HttpTokens: string): JsonObject => ({ MetadataOptions: { HttpTokens } });

type Case = readonly [why: string, type: string, desired: JsonObject, live: JsonObject, changed: readonly string[]];

describe("what is less safe is drift, wanted or not", () => {
  const cases: readonly Case[] = [
    ["a key was wanted, the default is there", bucket, kms, aes, ["removed /config/BucketEncryption"]],
    ["a key was wanted, nothing is there", bucket, kms, {}, ["removed /config/BucketEncryption"]],
    ["the default was wanted, a key is there", bucket, aes, kms, ["added /config/BucketEncryption"]],
    ["blocks were wanted", bucket, blocks(true), {}, ["removed /config/PublicAccessBlockConfiguration"]],
    [
      "nobody spoke of blocks, they are off",
      bucket,
      {},
      blocks(false),
      ["added /config/PublicAccessBlockConfiguration"],
    ],
    ["ownership was wanted", bucket, enforced, {}, ["removed /config/OwnershipControls"]],
    [
      ...(["nobody spoke of ownership, writers own", bucket, {}] as const),
      { OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] } },
      ["added /config/OwnershipControls"],
    ],
    ["a policy that nobody wanted", bucket, {}, open, ["added /config/Policy"]],
    [
      ...(["tokens", "AWS::EC2::Instance", metadata("required"), metadata("optional")] as const),
      ["changed /config/MetadataOptions/HttpTokens"],
    ],
    ["nobody spoke of tokens", "AWS::EC2::Instance", {}, metadata("optional"), ["added /config/MetadataOptions"]],
    [
      ...(["rotation", "AWS::KMS::Key", { EnableKeyRotation: true }, { EnableKeyRotation: false }] as const),
      ["removed /config/EnableKeyRotation"],
    ],
    ["public", "AWS::RDS::DBInstance", {}, { PubliclyAccessible: true }, ["added /config/PubliclyAccessible"]],
    [
      ...(["an older version", "AWS::RDS::DBInstance", { EngineVersion: "15" }, { EngineVersion: "14.9" }] as const),
      ["changed /config/EngineVersion"],
    ],
  ];
  test.each(cases)("%s", (_, type, wanted, found, changed) => {
    const { changes, unknown } = driftOf(desired(type, wanted), live(type, found));
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual(changed);
    expect(unknown).toEqual([]);
  });

  test.each([
    ["what AWS sets today where nobody wanted anything", bucket, {}, { ...enforced, ...blocks(true), ...aes }],
    ["a version that AWS chose", "AWS::RDS::DBInstance", { EngineVersion: "15" }, { EngineVersion: "15.4" }],
  ])("no drift: %s", (_, type, wanted, found) => {
    expect(driftOf(desired(type, wanted), live(type, found))).toEqual({ changes: [], unknown: [], withheld: [] });
  });
});

test("of blocks that were wanted off, and are on, it is said", () => {
  const { changes } = driftOf(desired(bucket, blocks(false)), live(bucket, blocks(true)));
  expect(changes).toHaveLength(4);
});

describe("what cannot be compared is unknown", () => {
  const variables = (values: JsonObject): JsonObject => ({ Environment: { Variables: values } });
  const secret = {
    path: "/config/Environment/Variables/DB_PASSWORD",
    reason: "it is a secret, of which a scan keeps no value",
  };

  test.each([
    ["long", "a-long-password", "<redacted>", { changes: [], unknown: [secret] }],
    ["short", "abc", "***", { changes: [], unknown: [secret] }],
  ])("a %s secret of which the scan has no value", (_, wanted, found, expected) => {
    const type = "AWS::Lambda::Function";
    const answer = driftOf(
      desired(type, variables({ DB_PASSWORD: wanted, MODE: "*" })),
      live(type, variables({ DB_PASSWORD: found, MODE: "*" })),
    );
    expect(answer).toEqual({ ...expected, withheld: [] });
  });

  test("a secret that a snapshot does not keep is withheld", () => {
    const config = variables({ DB_PASSWORD: "<redacted>" });
    const answer = driftOf(
      desired(any, config, { redacted: true, against: "snapshot" }),
      live(any, variables({ DB_PASSWORD: "a-long-password" })),
    );
    expect(answer).toEqual({ changes: [], unknown: [], withheld: [secret] });
  });

  test("variables of a snapshot are told by name: come, gone, and those whose value nobody kept", () => {
    const type = "AWS::Lambda::Function";
    const kept = { A: "<redacted>", GONE: "<redacted>", LEVEL: "<redacted>" };
    const answer = driftOf(
      desired(type, variables(kept), { redacted: true, against: "snapshot" }),
      live(type, variables({ A: "a-long-password", LEVEL: "debug", COME: "another-password" })),
    );
    const at = (name: string) => `/config/Environment/Variables/${name}`;
    expect(answer.changes).toEqual([
      { path: at("COME"), kind: "added", desired: null, live: "<redacted>" },
      { path: at("GONE"), kind: "removed", desired: "<redacted>", live: null },
    ]);
    expect(answer.withheld.map(({ path }) => path)).toEqual([at("A"), at("LEVEL")]);
  });

  test("a secret that is gone is drift", () => {
    const type = "AWS::Lambda::Function";
    const { changes, unknown } = driftOf(
      desired(type, variables({ DB_PASSWORD: "a-long-password", A: "1" })),
      live(type, variables({ A: "1" })),
    );
    expect(changes).toEqual([{ path: secret.path, kind: "removed", desired: "<redacted>", live: null }]);
    expect(unknown).toEqual([]);
  });

  test("a part that could not be read, and a value that is not known", () => {
    const failures = [{ pointer: "/config/Policy", message: "denied" }];
    const answer = driftOf(
      desired(
        bucket,
        { ...open, AccessControl: "Private" },
        { unknown: ["/config/Website/0/Index"], against: "pulumi" },
      ),
      live(bucket, { AccessControl: "PublicRead" }, { failures }),
    );
    expect(answer).toEqual({
      changes: [{ path: "/config/AccessControl", kind: "added", desired: null, live: "PublicRead" }],
      unknown: [
        { path: "/config/Website", reason: "the desired value is not known" },
        { path: "/config/Policy", reason: "denied" },
      ],
      withheld: [],
    });
  });

  test("a resource that could not be read at all is compared in nothing", () => {
    const failures = [{ pointer: "", message: "denied" }];
    const { changes, unknown } = driftOf(desired(bucket, open, { tags: { a: "b" } }), live(bucket, {}, { failures }));
    expect([changes, unknown.map(({ path }) => path)]).toEqual([[], ["/config", "/tags"]]);
  });

  test("what nobody reads is not compared, known or not", () => {
    const wanted = desired(bucket, {}, { unknown: ["/config/Password"], coverage: { AccessControl: "all" } });
    expect(driftOf(wanted, live(bucket, { Other: 1 }))).toEqual({ changes: [], unknown: [], withheld: [] });
  });
});

test.each<readonly [string, JsonObject, JsonObject]>([
  ["an empty text", { A: "" }, {}],
  ["a list in another order", { A: '["a","b"]' }, { A: '["b","a"]' }],
  ["a time in another form", { A: "2026-01-01T00:00:00Z" }, { A: "2026-01-01T01:00:00+01:00" }],
  ["a number with a blank", { A: '{"a": 1}' }, { A: '{"a":"1"}' }],
])("what a program is given is compared letter by letter: %s", (_, wanted, found) => {
  const type = "AWS::Lambda::Function";
  const variables = (Variables: JsonObject): JsonObject => ({ Environment: { Variables: { B: "x", ...Variables } } });
  const answer = driftOf(desired(type, variables(wanted)), live(type, variables(found)));
  expect(answer.changes.map(({ path }) => path)).toEqual(["/config/Environment/Variables/A"]);
});

describe("what a state marks as secret is in no change", () => {
  const marked = "Zebra-Mark-42";
  test.each<readonly [string, JsonObject, JsonObject, readonly string[]]>([
    ["as it is", { A: marked }, { A: "b" }, [marked]],
    ["on the other side", { A: "b" }, { A: marked }, [marked]],
    ["in a longer text", { A: `x=${marked};y` }, { A: "b" }, [marked]],
    ["in JSON that the state has as one text", { A: `{"k":["${marked}"]}` }, { A: "{}" }, [`{"k":["${marked}"]}`]],
    ["a number", { A: 4242 }, { A: 1 }, ["4242"]],
    ["in a list", { A: ["b", marked] }, { A: ["b"] }, [marked]],
    ["in a policy, without its capitals", { P: { Statement: [{ Effect: "Allow", Action: [marked] }] } }, {}, [marked]],
  ])("%s", (_, wanted, found, secrets) => {
    const { changes } = driftOf(desired(any, wanted, { secrets }), live(any, found));
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes).toLowerCase()).not.toMatch(/zebra-mark-42|4242/);
  });
});

// What people write, with names that no rule is about.
const names = fc.stringMatching(/^[B-J][a-z]{1,5}$/);
const leaf = fc.oneof(fc.stringMatching(/^[a-z]{1,8}$/), fc.integer({ min: 1 }), fc.boolean());
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("tree"), { minLength: 1, maxLength: 4 }),
    fc.dictionary(names, tie("tree"), { minKeys: 1, maxKeys: 4 }),
  ),
}));
const configs = fc.dictionary(names, tree, { minKeys: 1, maxKeys: 5 });

/** Another order of everything that has none. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return [...(value as readonly Json[])].reverse().map(shuffled);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, one]) => [key, shuffled(one)]),
  );
}

function leafPaths(value: Json, at: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== "object") return [at];
  return Object.entries(value).flatMap(([key, one]: [string, Json]) => leafPaths(one, [...at, key]));
}

function replaced(value: Json, [key, ...rest]: readonly string[], by: Json): Json {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return (value as readonly Json[]).map((one, at) => (String(at) === key ? replaced(one, rest, by) : one));
  const copy: { [name: string]: Json } = {};
  for (const [name, one] of Object.entries(value as JsonObject))
    setOwn(copy, name, name === key ? replaced(one, rest, by) : one);
  return copy;
}

test("nothing differs from itself in another order", () => {
  fc.assert(
    fc.property(configs, (config) => {
      const answer = driftOf(desired(any, config), live(any, shuffled(config) as JsonObject));
      expect(answer).toEqual({ changes: [], unknown: [], withheld: [] });
    }),
  );
});

test("a change at any leaf is found", () => {
  fc.assert(
    fc.property(configs, fc.nat(), (config, n) => {
      const paths = leafPaths(config);
      const path = paths[n % paths.length] ?? [];
      const found = replaced(config, path, "something-else") as JsonObject;
      expect(driftOf(desired(any, config), live(any, found)).changes).not.toEqual([]);
      expect(driftOf(desired(any, found), live(any, config)).changes).not.toEqual([]);
    }),
  );
});

const listOrOne = (values: readonly string[], asOne: boolean): Json =>
  asOne && values.length === 1 ? (values[0] ?? "") : values;
const statements = fc.array(
  fc.record({
    actions: fc.uniqueArray(fc.constantFrom("s3:GetObject", "s3:PutObject", "kms:Decrypt"), { minLength: 1 }),
    resources: fc.uniqueArray(fc.constantFrom("*", "arn:aws:s3:::a", "arn:aws:s3:::b/*"), { minLength: 1 }),
    accounts: fc.uniqueArray(fc.constantFrom("111111111111", "222222222222"), { minLength: 1 }),
    effect: fc.constantFrom("Allow", "Deny"),
  }),
  { minLength: 1, maxLength: 3 },
);

test("a policy is the same in every form, and another one is not", () => {
  fc.assert(
    fc.property(statements, fc.boolean(), (all, asText) => {
      const one = {
        Version: "2012-10-17",
        Statement: all.map(({ actions, resources, accounts, effect }, n) => ({
          ...{ Sid: `S${n}`, Effect: effect, Action: actions, Resource: resources, Principal: { AWS: accounts } },
        })),
      };
      const other = {
        Statement: all
          .map(({ actions, resources, accounts, effect }) => ({
            ...{ Principal: { AWS: listOrOne(accounts.map((id) => `arn:aws:iam::${id}:root`).reverse(), true) } },
            ...{ Resource: listOrOne([...resources].reverse(), true), Effect: effect },
            Action: listOrOne(actions.map((action) => action.toUpperCase()).reverse(), true),
          }))
          .reverse(),
        Version: "2012-10-17",
      };
      const found = live(any, { P: asText ? JSON.stringify(other) : other });
      expect(driftOf(desired(any, { P: one }), found).changes).toEqual([]);
      const worse = replaced(one, ["Statement", "0", "Principal"], "*");
      expect(driftOf(desired(any, { P: worse }), found).changes).not.toEqual([]);
    }),
  );
});
