import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/json.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import type { EvaluatedResource } from "./evaluated.js";
import { mapTerraform } from "./map.js";
import type { MapOptions } from "./mapping/source.js";
import { evaluated } from "./mapping/testing/evaluated.js";

const map = (resources: readonly EvaluatedResource[], scanner: MapOptions["scanner"] = "terraform") =>
  new Map(mapTerraform(resources, { scanner, uri: "." }).map((each) => [each.resource.id, each]));

/** What matters for verdicts: config, and unknown without the raw values. */
function seen(item: ScannedResource | undefined) {
  return { config: item?.resource.config, unknown: item?.resource.unknown.filter((each) => !each.startsWith("/raw")) };
}

const allTrue = {
  block_public_acls: true,
  block_public_policy: true,
  ignore_public_acls: true,
  restrict_public_buckets: true,
};
const block = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };
const bucketAt = (address: string, bucket?: string, made = {}) =>
  evaluated(
    address,
    bucket === undefined ? {} : { bucket },
    bucket === undefined ? { unknown: ["/bucket"], ...made } : made,
  );
const pab = (values: JsonObject, references: readonly string[] = [], address = "aws_s3_bucket_public_access_block.p") =>
  evaluated(
    address,
    { ...allTrue, ...values },
    { unknown: "bucket" in values ? [] : ["/bucket"], references: { "/bucket": references } },
  );

const sure = { config: { BucketName: "a", PublicAccessBlockConfiguration: block }, unknown: [] };
const none = (name: string) => ({ config: { BucketName: name }, unknown: [] });
const doubt = (name: string) => ({ config: { BucketName: name }, unknown: ["/config/PublicAccessBlockConfiguration"] });
const [a, b] = [bucketAt("aws_s3_bucket.a", "a"), bucketAt("aws_s3_bucket.b", "b")];

describe("the owner of a satellite", () => {
  test.each<[string, readonly EvaluatedResource[], object, object]>([
    ["by reference", [a, b, pab({}, ["aws_s3_bucket.a"])], sure, none("b")],
    ["by a reference with its attribute", [a, b, pab({}, ["aws_s3_bucket.a.id"])], sure, none("b")],
    ["by literal name", [a, b, pab({ bucket: "a" })], sure, none("b")],
    [
      "by name, though the expression refers to another",
      [a, b, pab({ bucket: "a" }, ["aws_s3_bucket.b"])],
      sure,
      none("b"),
    ],
    ["outside: a literal name that none has", [a, b, pab({ bucket: "other" })], none("a"), none("b")],
    ["outside: a data source", [a, b, pab({}, ["data.aws_s3_bucket.d"])], none("a"), none("b")],
    [
      "a data source that looks up what is made here",
      [a, b, evaluated("data.aws_s3_bucket.d", { bucket: "a" }, { mode: "data" }), pab({}, ["data.aws_s3_bucket.d"])],
      sure,
      none("b"),
    ],
    ["a variable: every owner", [a, b, pab({}, ["var.x"])], doubt("a"), doubt("b")],
    ["nothing known: every owner", [a, b, pab({})], doubt("a"), doubt("b")],
    ["one of two", [a, b, pab({}, ["aws_s3_bucket.a", "aws_s3_bucket.b"])], doubt("a"), doubt("b")],
    ["an owner, or what a variable says", [a, b, pab({}, ["aws_s3_bucket.a", "var.x"])], doubt("a"), doubt("b")],
    [
      "not those that have their own",
      [a, b, pab({ bucket: "a" }), pab({}, ["var.x"], "aws_s3_bucket_public_access_block.q")],
      sure,
      doubt("b"),
    ],
    [
      "through another satellite",
      [a, b, evaluated("aws_s3_bucket_logging.l", { bucket: "a" }), pab({}, ["aws_s3_bucket_logging.l"])],
      { ...sure, config: { ...sure.config, LoggingConfiguration: {} } },
      none("b"),
    ],
    [
      "two that disagree",
      [
        a,
        b,
        pab({ bucket: "a" }),
        pab({ bucket: "a", block_public_acls: false }, [], "aws_s3_bucket_public_access_block.q"),
      ],
      doubt("a"),
      none("b"),
    ],
  ])("%s", (_, resources, first, second) => {
    const found = map(resources);
    expect(seen(found.get("aws_s3_bucket.a"))).toEqual(first);
    expect(seen(found.get("aws_s3_bucket.b"))).toEqual(second);
  });

  test("a literal name may be that of an owner whose name is not known", () => {
    const found = map([a, bucketAt("aws_s3_bucket.u"), pab({ bucket: "other" })]);
    expect(seen(found.get("aws_s3_bucket.a"))).toEqual(none("a"));
    expect(seen(found.get("aws_s3_bucket.u"))).toEqual({
      config: {},
      unknown: ["/config/BucketName", "/config/PublicAccessBlockConfiguration"],
    });
  });

  const each = ["x", "y"].map((key) => bucketAt(`aws_s3_bucket.e["${key}"]`, key));
  const x = 'aws_s3_bucket_public_access_block.p["x"]';
  test.each<[string, readonly string[], readonly string[]]>([
    ["the key is the same and each.key says so", ["aws_s3_bucket.e", "each.key"], ["present", "absent"]],
    ["an index that is not known", ["aws_s3_bucket.e"], ["unknown", "unknown"]],
    ["an instance that is named", ['aws_s3_bucket.e["y"]', "aws_s3_bucket.e"], ["absent", "present"]],
  ])("of several instances: %s", (_, references, expected) => {
    const found = map([...each, pab({}, references, x)]);
    const states = ["x", "y"].map((key) => {
      const { config, unknown } = seen(found.get(`aws_s3_bucket.e["${key}"]`));
      if (unknown?.includes("/config/PublicAccessBlockConfiguration")) return "unknown";
      return config !== undefined && "PublicAccessBlockConfiguration" in config ? "present" : "absent";
    });
    expect(states).toEqual(expected);
  });

  test("a satellite that belongs to nothing here is shown as Terraform has it", () => {
    expect([...map([a, pab({ bucket: "other" })]).values()].map((item) => item.resource.type)).toEqual([
      "AWS::S3::Bucket",
      "aws_s3_bucket_public_access_block",
    ]);
  });

  test("a satellite of which nothing is known makes the property unknown", () => {
    const whole = evaluated(
      "aws_s3_bucket_public_access_block.p",
      {},
      { unknown: [""], references: { "/bucket": ["aws_s3_bucket.a"] } },
    );
    expect(seen(map([a, whole]).get("aws_s3_bucket.a"))).toEqual(doubt("a"));
  });
});

test.each<[string, EvaluatedResource, EvaluatedResource]>([
  ["of the satellite", a, { ...pab({ bucket: "a" }), instancesUnknown: true }],
  ["of the owner", { ...a, instancesUnknown: true }, pab({ bucket: "a" })],
])("where the number of instances %s is not known, the property is unknown", (_, owner, satellite) => {
  expect(seen(map([owner, satellite]).get("aws_s3_bucket.a"))).toEqual(doubt("a"));
});

const rule = (values: JsonObject, made = {}) =>
  evaluated(
    "aws_security_group_rule.r",
    { type: "ingress", protocol: "tcp", from_port: 22, to_port: 22, ...values },
    {
      references: { "/security_group_id": ["aws_security_group.g"] },
      unknown: ["/security_group_id"],
      ...made,
    },
  );
const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: "0.0.0.0/0" };

describe("satellites that add elements", () => {
  test.each<[string, EvaluatedResource, EvaluatedResource, object]>([
    [
      "a rule beside inline rules",
      evaluated("aws_security_group.g", {
        ingress: [{ protocol: "tcp", from_port: 22, to_port: 22, cidr_blocks: ["10.0.0.0/8"] }],
      }),
      rule({ cidr_blocks: ["0.0.0.0/0"] }),
      { config: { SecurityGroupIngress: [{ ...ssh, CidrIp: "10.0.0.0/8" }, ssh] }, unknown: [] },
    ],
    [
      "CIDR blocks that are not known",
      evaluated("aws_security_group.g"),
      rule({}, { unknown: ["/security_group_id", "/cidr_blocks"] }),
      { config: {}, unknown: ["/config/SecurityGroupIngress"] },
    ],
    [
      "one CIDR block that is not known",
      evaluated("aws_security_group.g"),
      rule({ cidr_blocks: ["0.0.0.0/0", null] }, { unknown: ["/security_group_id", "/cidr_blocks/1"] }),
      {
        config: { SecurityGroupIngress: [ssh, { IpProtocol: "tcp", FromPort: 22, ToPort: 22 }] },
        unknown: ["/config/SecurityGroupIngress/1/CidrIp"],
      },
    ],
    [
      "a direction that is not known",
      evaluated("aws_security_group.g"),
      evaluated(
        "aws_security_group_rule.r",
        { cidr_blocks: ["0.0.0.0/0"] },
        { unknown: ["/type", "/security_group_id"], references: { "/security_group_id": ["aws_security_group.g"] } },
      ),
      { config: {}, unknown: ["/config/SecurityGroupIngress", "/config/SecurityGroupEgress"] },
    ],
    [
      "a rule of its own kind",
      evaluated("aws_security_group.g"),
      evaluated(
        "aws_vpc_security_group_ingress_rule.r",
        { ip_protocol: "tcp", from_port: 22, to_port: 22, cidr_ipv4: "0.0.0.0/0" },
        { unknown: ["/security_group_id"], references: { "/security_group_id": ["aws_security_group.g"] } },
      ),
      { config: { SecurityGroupIngress: [ssh] }, unknown: [] },
    ],
  ])("%s", (_, group, satellite, expected) => {
    expect(seen(map([group, satellite]).get("aws_security_group.g"))).toEqual(expected);
  });

  const doc = { Statement: [] };
  const json = JSON.stringify(doc);
  const linked = (attribute: string, to: string) => ({
    unknown: [`/${attribute}`],
    references: { [`/${attribute}`]: [to] },
  });
  test.each<[EvaluatedResource, EvaluatedResource, object]>([
    [
      evaluated("aws_sqs_queue.o"),
      evaluated("aws_sqs_queue_policy.s", { policy: json }, linked("queue_url", "aws_sqs_queue.o")),
      { QueuePolicy: { PolicyDocument: doc } },
    ],
    [
      evaluated("aws_sns_topic.o"),
      evaluated("aws_sns_topic_policy.s", { policy: json }, linked("arn", "aws_sns_topic.o")),
      { TopicPolicy: { PolicyDocument: doc } },
    ],
    [
      evaluated("aws_secretsmanager_secret.o"),
      evaluated(
        "aws_secretsmanager_secret_rotation.s",
        { rotation_rules: [{ automatically_after_days: 30 }] },
        linked("secret_id", "aws_secretsmanager_secret.o"),
      ),
      { RotationSchedule: { RotationRules: { AutomaticallyAfterDays: 30 } } },
    ],
    [
      evaluated("aws_lambda_function.o"),
      evaluated(
        "aws_lambda_permission.s",
        { principal: "*", action: "lambda:InvokeFunction" },
        linked("function_name", "aws_lambda_function.o"),
      ),
      { Permissions: [{ Principal: "*", Action: "lambda:InvokeFunction" }] },
    ],
    [
      evaluated("aws_lambda_function.o"),
      evaluated(
        "aws_lambda_function_url.s",
        { authorization_type: "NONE" },
        linked("function_name", "aws_lambda_function.o"),
      ),
      { Url: { AuthType: "NONE" } },
    ],
    [
      evaluated("aws_vpc.o"),
      evaluated("aws_flow_log.s", { traffic_type: "ALL" }, linked("vpc_id", "aws_vpc.o")),
      { FlowLogs: [{ TrafficType: "ALL" }] },
    ],
    [
      evaluated("aws_iam_role.o"),
      evaluated("aws_iam_role_policy.s", { name: "i", policy: json }, linked("role", "aws_iam_role.o")),
      { Policies: [{ PolicyName: "i", PolicyDocument: doc }] },
    ],
    [
      evaluated("aws_iam_user.o"),
      evaluated(
        "aws_iam_policy_attachment.s",
        { policy_arn: "arn", users: [null] },
        { unknown: ["/users/0"], references: { "/users": ["aws_iam_user.o"] } },
      ),
      { ManagedPolicyArns: ["arn"] },
    ],
    [
      evaluated("aws_iam_user.o", { name: "bob" }),
      evaluated("aws_iam_user_login_profile.s", { user: "bob" }),
      { UserName: "bob", LoginProfile: {} },
    ],
    [
      evaluated("aws_iam_user.o"),
      evaluated("aws_iam_access_key.s", { id: "AKIAABCDEFGH" }, linked("user", "aws_iam_user.o")),
      { AccessKeys: [{ AccessKeyId: "********EFGH", Status: "Active" }] },
    ],
    [
      evaluated("aws_kms_key.o"),
      evaluated("aws_kms_key_policy.s", { policy: json }, linked("key_id", "aws_kms_key.o")),
      { KeyPolicy: doc },
    ],
    [
      evaluated("aws_efs_file_system.o"),
      evaluated(
        "aws_efs_backup_policy.s",
        { backup_policy: [{ status: "ENABLED" }] },
        linked("file_system_id", "aws_efs_file_system.o"),
      ),
      { BackupPolicy: { Status: "ENABLED" } },
    ],
  ])("%o takes %o", (owner, satellite, config) => {
    const found = map([owner, satellite]);
    expect([...found.keys()]).toEqual([owner.address]);
    expect(seen(found.get(owner.address))).toEqual({ config, unknown: [] });
  });

  test("a listener is a resource of its own and stands in its load balancer", () => {
    const listener = evaluated(
      "aws_lb_listener.l",
      {
        port: 80,
        protocol: "HTTP",
        default_action: [{ type: "redirect", redirect: [{ protocol: "HTTPS", status_code: "HTTP_301" }] }],
      },
      linked("load_balancer_arn", "aws_lb.o"),
    );
    const found = map([evaluated("aws_lb.o"), listener]);
    const config = {
      Port: 80,
      Protocol: "HTTP",
      DefaultActions: [{ Type: "redirect", RedirectConfig: { Protocol: "HTTPS", StatusCode: "HTTP_301" } }],
    };
    expect(seen(found.get("aws_lb.o"))).toEqual({ config: { Listeners: [config] }, unknown: [] });
    expect(seen(found.get("aws_lb_listener.l"))).toEqual({ config, unknown: ["/config/LoadBalancerArn"] });
    expect(found.get("aws_lb_listener.l")?.references).toEqual(["aws_lb.o"]);
  });
});

describe("what a plan computes", () => {
  const legacy = ["/acl", "/grant", "/policy", "/versioning", "/server_side_encryption_configuration"];
  test.each<[string, MapOptions["scanner"], object, readonly string[]]>([
    ["is absent in a plan", "terraform-plan", {}, []],
    [
      "stays unknown where somebody wrote it",
      "terraform-plan",
      { "/policy": ["aws_kms_key.k"] },
      ["/config/BucketPolicy/PolicyDocument"],
    ],
    [
      "is what somebody wrote, in code",
      "terraform",
      {},
      [
        "/config/AccessControl",
        "/config/BucketPolicy/PolicyDocument",
        "/config/BucketEncryption",
        "/config/VersioningConfiguration",
      ],
    ],
  ])("%s", (_, scanner, references, unknown) => {
    const bucket = evaluated(
      "aws_s3_bucket.a",
      { bucket: "a" },
      { unknown: legacy, references: references as { [key: string]: string[] } },
    );
    expect(seen(map([bucket], scanner).get("aws_s3_bucket.a"))).toEqual({
      config: { BucketName: "a", ...(unknown.length > 0 && { BucketPolicy: {} }) },
      unknown,
    });
  });
});

describe("policy documents", () => {
  const data = evaluated(
    "data.aws_iam_policy_document.d",
    {
      statement: [
        {
          actions: ["s3:*"],
          resources: ["arn:aws:s3:::a/&{aws:username}", null],
          principals: [{ type: "*", identifiers: ["*"] }],
          condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
        },
      ],
    },
    { mode: "data", unknown: ["/statement/0/resources/1"] },
  );
  const statement = {
    Effect: "Allow",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::a/${aws:username}", null],
    Principal: "*",
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const policyOf = (references: readonly string[]) =>
    evaluated("aws_iam_policy.p", {}, { unknown: ["/policy"], references: { "/policy": references } });
  test("the data source is rendered where it is the whole value", () => {
    const found = map([data, policyOf(["data.aws_iam_policy_document.d.json"])]);
    expect([...found.keys()]).toEqual(["aws_iam_policy.p"]);
    expect(seen(found.get("aws_iam_policy.p"))).toEqual({
      config: { PolicyDocument: { Version: "2012-10-17", Statement: [statement] } },
      unknown: ["/config/PolicyDocument/Statement/0/Resource/1"],
    });
  });
  test("and stays unknown where it is not", () => {
    const found = map([data, policyOf(["data.aws_iam_policy_document.d", "var.x"])]);
    expect(seen(found.get("aws_iam_policy.p"))).toEqual({ config: {}, unknown: ["/config/PolicyDocument"] });
  });
  test.each(["{", "5", '"x"', "[".repeat(100)])("text that is no document is a failure: %s", (policy) => {
    const item = map([evaluated("aws_iam_policy.p", { policy })]).get("aws_iam_policy.p");
    expect(item?.failures).toEqual([
      { pointer: "/config/PolicyDocument", message: "the value is not a JSON object in text form" },
    ]);
    expect(seen(item)).toEqual({ config: {}, unknown: [] });
  });
});

describe("tags", () => {
  test.each<[string, readonly [JsonObject, readonly string[]], object, object, readonly string[]]>([
    [
      "tags_all wins",
      [{ tags: { a: "1" }, tags_all: { a: "1", team: "risk" } }, []],
      { a: "1", team: "risk" },
      [
        { Key: "a", Value: "1" },
        { Key: "team", Value: "risk" },
      ],
      [],
    ],
    [
      "one value not known",
      [{ tags: { a: "1" } }, ["/tags/b"]],
      { a: "1" },
      [{ Key: "a", Value: "1" }, { Key: "b" }],
      ["/config/Tags/1/Value", "/tags/b"],
    ],
    [
      "hostile names",
      [JSON.parse('{"tags":{"__proto__":"x","a/b~":"y"}}') as JsonObject, []],
      JSON.parse('{"__proto__":"x","a/b~":"y"}') as object,
      [
        { Key: "__proto__", Value: "x" },
        { Key: "a/b~", Value: "y" },
      ],
      [],
    ],
  ])("%s", (_, [values, unknown], tags, list, expected) => {
    const item = map([evaluated("aws_vpc.v", values, { unknown })]).get("aws_vpc.v");
    expect(item?.resource.tags).toEqual(tags);
    expect(Object.keys(item?.resource.tags ?? {})).toEqual(Object.keys(tags));
    expect(seen(item)).toEqual({ config: { Tags: list }, unknown: expected });
  });
  test("not known at all", () => {
    expect(seen(map([evaluated("aws_vpc.v", {}, { unknown: ["/tags"] })]).get("aws_vpc.v"))).toEqual({
      config: {},
      unknown: ["/config/Tags", "/tags"],
    });
  });
});

test("locations: the satellite's own lines, the owner's block for what nobody wrote", () => {
  const owner = evaluated(
    "aws_s3_bucket.a",
    { bucket: "a", tags: { x: "1" } },
    { line: 1, lines: { "/bucket": 2, "/tags/x": 4 } },
  );
  const satellite = evaluated(
    "aws_s3_bucket_public_access_block.p",
    { bucket: "a", block_public_acls: false },
    { line: 10, lines: { "/block_public_acls": 12 } },
  );
  const item = map([owner, satellite]).get("aws_s3_bucket.a");
  const at = (pointer: string) => item?.locate(pointer)?.line;
  expect(item?.resource.source).toEqual({
    scanner: "terraform",
    uri: "main.tf",
    line: 1,
    column: null,
    capturedAt: null,
  });
  expect(
    [
      "",
      "/config/BucketName",
      "/config/PublicAccessBlockConfiguration/BlockPublicAcls",
      "/config/PublicAccessBlockConfiguration/BlockPublicPolicy",
      "/config/BucketEncryption",
      "/tags/x",
      "/raw/bucket",
      "/config/Tags/0/Value",
    ].map(at),
  ).toEqual([1, 2, 12, 10, 1, 4, 2, 4]);
});

test("references: what a satellite refers to is its owner's, and a satellite stands for its owner", () => {
  const found = map([
    a,
    evaluated("aws_kms_key.k"),
    evaluated(
      "aws_s3_bucket_server_side_encryption_configuration.s",
      { bucket: "a" },
      { references: { "/rule": ["aws_kms_key.k"] } },
    ),
    evaluated(
      "aws_cloudtrail.t",
      {},
      { references: { "/s3_bucket_name": ["aws_s3_bucket_server_side_encryption_configuration.s", "var.x"] } },
    ),
  ]);
  expect([...found].map(([id, item]) => [id, item.references])).toEqual([
    ["aws_s3_bucket.a", ["aws_kms_key.k"]],
    ["aws_kms_key.k", []],
    ["aws_cloudtrail.t", ["aws_s3_bucket.a"]],
  ]);
});

test("types without a mapping stay as Terraform has them; manifests become what they are", () => {
  const manifest = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", labels: { app: "web" } } };
  const found = map([
    evaluated("random_password.p", { length: 8 }, { unknown: ["/result"] }),
    evaluated("kubernetes_manifest.m", { manifest }, { unknown: ["/manifest/spec", "/object"] }),
  ]);
  expect(
    [...found.values()].map(({ resource: { provider, type, name, tags, config, unknown } }) => ({
      provider,
      type,
      name,
      tags,
      config,
      unknown,
    })),
  ).toEqual([
    {
      provider: "terraform",
      type: "random_password",
      name: "p",
      tags: {},
      config: { length: 8 },
      unknown: ["/config/result", "/raw/result"],
    },
    {
      provider: "kubernetes",
      type: "apps/v1/Deployment",
      name: "web",
      tags: { app: "web" },
      config: manifest,
      unknown: ["/config/spec", "/raw/manifest/spec", "/raw/object"],
    },
  ]);
});

test("a resource of which nothing is known has no known config", () => {
  expect(seen(map([evaluated("aws_s3_bucket.a", {}, { unknown: [""] })]).get("aws_s3_bucket.a"))).toEqual({
    config: {},
    unknown: ["/config", "/tags"],
  });
});

test("hostile values neither crash nor become something else", () => {
  const deep = JSON.parse('{"a":'.repeat(5000) + "1" + "}".repeat(5000)) as JsonObject;
  const item = map([
    evaluated(
      "aws_lambda_function.f",
      { function_name: deep, environment: [{ variables: deep }], vpc_config: [7], dead_letter_config: 5 },
      { unknown: ["/layers/999999", "/constructor/x"] },
    ),
  ]).get("aws_lambda_function.f");
  expect(item?.failures.map((each) => each.pointer)).toEqual(["/config/FunctionName", "/config/Environment/Variables"]);
  expect(seen(item)).toEqual({
    config: { Environment: {}, VpcConfig: {} },
    unknown: ["/config/Layers", "/config/DeadLetterConfig"],
  });
});

// Each satellite may be about each of the resources: the most doubt that there can be.
test("a thousand resources without a name, and as many satellites that could be anybody's", () => {
  const many = Array.from({ length: 1000 }, (_, index) => [
    bucketAt(`aws_s3_bucket.b[${index}]`),
    pab({ bucket: `other-${index}` }, [], `aws_s3_bucket_public_access_block.p[${index}]`),
  ]).flat();
  expect(map(many).size).toBe(1000);
});
