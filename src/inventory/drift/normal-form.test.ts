import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../json.js";
import { canonicalText } from "./canonical-text.js";
import { computedValues, providerDefaults } from "./defaults.js";
import { normalForm } from "./normal-form.js";

const account = "111111111111";
const form = (type: string, config: JsonObject): string => canonicalText(normalForm(type, config, account));
const statement = (rest: JsonObject): JsonObject => ({ Effect: "Allow", Action: "s3:*", Resource: "*", ...rest });
const policy = (rest: JsonObject, version = "2012-10-17"): JsonObject => ({
  Policy: { Version: version, Statement: [statement(rest)] },
});
const rule = (rest: JsonObject): JsonObject => ({
  SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, ...rest }],
});
const key = (id: string, owner = account): JsonObject => ({ KmsKeyId: `arn:aws:kms:eu-west-1:${owner}:${id}` });

type Pair = readonly [why: string, type: string, JsonObject, JsonObject];
const group = "AWS::EC2::SecurityGroup";
const any = "AWS::Any::Thing";

describe("two that mean the same have one form", () => {
  const same: readonly Pair[] = [
    ["empty values are none", any, { A: "", B: [], C: {}, D: null, E: { F: [] } }, {}],
    ["order of lists", any, { A: ["b", "a"], B: [{ x: 1 }, { y: 2 }] }, { A: ["a", "b"], B: [{ y: 2 }, { x: 1 }] }],
    ["repeated elements", any, { A: ["a", "a"] }, { A: ["a"] }],
    ["numbers and switches in text", any, { A: "22", B: "true", C: "-1" }, { A: 22, B: true, C: -1 }],
    ["JSON in text", any, { A: '{"b": [2, 1]}' }, { A: { b: [1, 2] } }],
    ["times", any, { A: "2026-01-01T01:00:00+01:00" }, { A: "2026-01-01T00:00:00.000Z" }],
    ["a date", any, { ExpirationDate: "2026-01-01" }, { ExpirationDate: "2026-01-01T00:00:00Z" }],
    ["tags are compared elsewhere", any, { Tags: [{ Key: "a", Value: "b" }] }, {}],
    ["a key by ARN and id", any, key("key/1234-ab"), { KmsKeyId: "1234-ab" }],
    ["a key's alias in the same account", any, key("alias/own"), { KmsKeyId: "alias/own" }],
    ["one action", any, policy({ Action: "s3:*" }), policy({ Action: ["s3:*"] })],
    [
      "case and order of actions",
      any,
      policy({ Action: ["s3:Get", "S3:PUT"] }),
      policy({ Action: ["s3:put", "s3:get"] }),
    ],
    ["a statement's name", any, policy({ Sid: "A" }), policy({ Sid: "B" })],
    ["a document's id", any, { Policy: { ...(policy({})["Policy"] as JsonObject), Id: "x" } }, policy({})],
    [
      ...(["an account's root", any, policy({ Principal: { AWS: `arn:aws:iam::${account}:root` } })] as const),
      policy({ Principal: { AWS: account } }),
    ],
    ["everybody", any, policy({ Principal: { AWS: "*" } }), policy({ Principal: "*" })],
    [
      ...(["case of condition keys", any, policy({ Condition: { Bool: { "AWS:SecureTransport": false } } })] as const),
      policy({ Condition: { Bool: { "aws:securetransport": ["false"] } } }),
    ],
    ["a document as text", any, { Policy: JSON.stringify(policy({})["Policy"]) }, policy({})],
    ["a document without statements", any, { Policy: { Version: "2012-10-17", Statement: [] } }, {}],
    ["protocols by number", group, rule({ IpProtocol: "6" }), rule({})],
    ["every port", group, rule({ IpProtocol: "-1", FromPort: 0, ToPort: 0 }), rule({ IpProtocol: "all" })],
    ["forms of IPv6", group, rule({ CidrIpv6: "0:0:0:0:0:0:0:0/0" }), rule({ CidrIpv6: "::/0" })],
    [
      ...(["the default key policy", "AWS::KMS::Key"] as const),
      {
        KeyPolicy: {
          ...{ Version: "2012-10-17" },
          Statement: [statement({ Action: "kms:*", Principal: { AWS: `arn:aws:iam::${account}:root` } })],
        },
      },
      {},
    ],
    [
      "user data and its SHA-1",
      "AWS::EC2::Instance",
      { UserData: "x" },
      { UserData: "11f6ad8ec52a2984abaafd7c3b516503785c2072" },
    ],
    [
      ...(["the default encryption", "AWS::S3::Bucket"] as const),
      {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { BucketKeyEnabled: false, ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
          ],
        },
      },
      {},
    ],
  ];
  test.each(same)("%s", (_, type, a, b) => {
    expect(form(type, a)).toBe(form(type, b));
  });
});

describe("two that do not mean the same have two forms", () => {
  const bucket = "AWS::S3::Bucket";
  const different: readonly Pair[] = [
    ["false is not none", any, { A: false }, {}],
    ["zero is not none", any, { A: 0 }, {}],
    ["leading zeros", any, { A: "007" }, { A: "7" }],
    ["large numbers in text", any, { A: '{"n":12345678901234567890}' }, { A: '{"n":12345678901234567891}' }],
    ["order of commands", any, { Command: ["rm", "ls"] }, { Command: ["ls", "rm"] }],
    ["somebody else's alias", any, key("alias/own", "999999999999"), { KmsKeyId: "alias/own" }],
    ["somebody else's alias by ARN", any, key("alias/own", "999999999999"), key("alias/own")],
    ["somebody else's key", any, key("key/1234", "999999999999"), key("key/1234")],
    ["allow and deny", any, policy({ Effect: "Deny" }), policy({})],
    ["somebody else", any, policy({ Principal: { AWS: "*" } }), policy({ Principal: { AWS: account } })],
    ["everybody and every service", any, policy({ Principal: { Service: "*" } }), policy({ Principal: "*" })],
    ["case of resources", any, policy({ Resource: "arn:aws:s3:::A" }), policy({ Resource: "arn:aws:s3:::a" })],
    ["a condition that went", any, policy({ Condition: { Bool: { "aws:securetransport": "true" } } }), policy({})],
    ["an old version", any, policy({}, "2008-10-17"), policy({})],
    [
      ...(["keys that differ in case only", any, policy({ Condition: { StringLike: { A: "1", a: "2" } } })] as const),
      policy({ Condition: { StringLike: { a: "2" } } }),
    ],
    [
      ...(["the default key policy of another account", "AWS::KMS::Key"] as const),
      {
        KeyPolicy: {
          ...{ Version: "2012-10-17" },
          Statement: [statement({ Action: "kms:*", Principal: { AWS: "arn:aws:iam::999999999999:root" } })],
        },
      },
      {},
    ],
    [
      "ports without a protocol",
      group,
      { SecurityGroupIngress: [{ FromPort: 1 }] },
      { SecurityGroupIngress: [{ FromPort: 2 }] },
    ],
    [
      ...(["blocks of public access that are off", bucket] as const),
      { PublicAccessBlockConfiguration: { BlockPublicAcls: false } },
      {},
    ],
    [
      "ownership that was taken away",
      bucket,
      { OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } },
      {},
    ],
    ["two former defaults", "AWS::SQS::Queue", { MaximumMessageSize: 262_144 }, { MaximumMessageSize: 1_048_576 }],
  ];
  test.each(different)("%s", (_, type, a, b) => {
    expect(form(type, a)).not.toBe(form(type, b));
  });
});

/** `value` at a place, with `*` for an element of a list. */
function placed(place: string, value: Json): JsonObject {
  const nested = place
    .split("/")
    .reduceRight<Json>((inner, name) => (name === "*" ? [inner] : { [name]: inner }), value);
  return nested as JsonObject;
}

const listed = Object.entries(providerDefaults).flatMap(([type, places]) =>
  Object.entries(places).map(([place, values]) => ({ type, place, values })),
);
test.each(listed)("$type $place: each default is none, and nothing else is", ({ type, place, values }) => {
  for (const value of values) expect(normalForm(type, placed(place, value))).toEqual({});
  expect(normalForm(type, placed(place, "something-else"))).not.toEqual({});
});

const computed = Object.entries(computedValues).flatMap(([type, places]) => places.map((place) => ({ type, place })));
test.each(computed)("$type $place is computed", ({ type, place }) => {
  expect(normalForm(type, placed(place === "*" ? "Any" : place, "a"))).toEqual({});
});

const names = fc.constantFrom(
  "A",
  "KmsKeyId",
  "Policy",
  "Command",
  "Environment",
  "Variables",
  "UserData",
  "__proto__",
);
const texts = fc.oneof(
  fc.string(),
  fc.constantFrom("true", "22", "-0", "2026-01-01T00:00:00+01:00", '{"a":"[1]"}', "[[", '"{\\"b\\":1}"', "*"),
  fc.json({ maxDepth: 3 }),
);
const leaf = fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null));
const { value: values } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 4 }),
  ),
}));
const types = fc.constantFrom(any, ...Object.keys(providerDefaults));

test("the form of a form is the form", () => {
  fc.assert(
    fc.property(types, fc.dictionary(names, values, { maxKeys: 5 }), (type, config) => {
      const once = normalForm(type, config, account);
      expect(canonicalText(normalForm(type, once, account))).toBe(canonicalText(once));
    }),
    { numRuns: 500 },
  );
});

test("what somebody nests very deeply is no failure", () => {
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  expect(normalForm(any, { A: deep })).toEqual({ A: deep });
});
