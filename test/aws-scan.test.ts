// The AWS scanner against a real moto server, with a proxy of ours in front for what moto never does: refuse, throttle, page.
import type { BaseConfigurationItem } from "@aws-sdk/client-config-service";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readdirSync, readFileSync } from "node:fs";
import { awsServiceNames, awsTypes, scanAws, type AwsScanOptions } from "../scanners/aws/index.js";
import type { ScanItem, ScannedResource, ScanProblem } from "../src/inventory/scan-item.js";
import type { Clock } from "../src/clock.js";
import { fakeConfig, type FakeConfig } from "./servers/config-fake.js";
import { htmlPage, refusal, startFaultProxy, type Fault, type FaultProxy } from "./servers/fault-proxy.js";
import { startMoto, type Moto } from "./servers/moto.js";
import { account, everything, main, ordersPolicy, other, seed, type Seeded } from "./servers/moto-seed.js";

const capturedAt = "2026-01-02T03:04:05.000Z";
const clock: Clock = { now: () => new Date(capturedAt), newId: () => "id" };

/** The SDK's own configuration, without anything of the machine's. */
const environment = {
  AWS_ACCESS_KEY_ID: "testing",
  AWS_SECRET_ACCESS_KEY: "testing",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_REGION: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_ENDPOINT_URL: undefined,
};
const before = { ...process.env };

function setEnvironment(values: { readonly [name: string]: string | undefined }): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}

let moto: Moto;
let proxy: FaultProxy;
let seeded: Seeded;

beforeAll(async () => {
  setEnvironment(environment);
  moto = await startMoto();
  seeded = await seed(moto.endpoint);
  proxy = await startFaultProxy(moto.endpoint);
});
afterAll(async () => {
  await proxy.stop();
  await moto.stop();
  setEnvironment({ ...Object.fromEntries(Object.keys(environment).map((name) => [name, undefined])), ...before });
});
beforeEach(() => {
  setEnvironment(environment);
  proxy.use();
});

async function scan(options: Partial<AwsScanOptions> = {}): Promise<ScanItem[]> {
  const defaults = {
    regions: [main],
    endpointUrl: proxy.endpoint,
    accounts: [],
    roleName: null,
    concurrency: 4,
    clock,
    maxAttempts: 3,
  };
  const items: ScanItem[] = [];
  for await (const item of scanAws({ ...defaults, ...options })) items.push(item);
  return items;
}

const resourcesOf = (items: readonly ScanItem[], type?: string): ScannedResource[] =>
  items.filter(
    (item): item is ScannedResource => item.kind === "resource" && (type === undefined || item.resource.type === type),
  );
const problemsOf = (items: readonly ScanItem[]): ScanProblem[] =>
  items.filter((item): item is ScanProblem => item.kind === "problem");

function named(items: readonly ScanItem[], type: string, name: string): ScannedResource {
  const found = resourcesOf(items, type).filter(({ resource }) => resource.name === name);
  expect(found, `${type} ${name}`).toHaveLength(1);
  return found[0]!;
}

/** The whole of a resource but `raw`, which is what the server said. */
function whole({ resource, references, failures }: ScannedResource) {
  const { raw, ...rest } = resource;
  expect(raw).not.toBeNull();
  return { ...rest, references, failures };
}

function expected(service: { type: string; id: string; name: string; region?: string | null }) {
  return {
    provider: "aws",
    account,
    region: main,
    tags: {},
    unknown: [],
    source: { scanner: "aws", uri: proxy.endpoint, line: null, column: null, capturedAt },
    references: [],
    failures: [],
    ...service,
  };
}

describe("what runs in two regions", () => {
  let items: ScanItem[];
  beforeAll(async () => {
    proxy.use();
    items = await scan({ regions: [main, other] });
  });

  test("is read in full, but for the one operation that moto lacks", () => {
    expect(problemsOf(items)).toEqual([]);
    const failed = resourcesOf(items).flatMap(({ resource, failures }) =>
      failures.map(({ pointer }) => `${resource.type} ${pointer}`),
    );
    expect(failed).toEqual(["AWS::Lambda::Function /config/Url"]);
    expect(named(items, "AWS::Lambda::Function", "settle").failures[0]!.message).toBe(
      "lambda:ListFunctionUrlConfigs got an answer that could not be read (HTTP 404): a page of HTML; is the endpoint AWS's, and does it offer this operation?",
    );
  });

  test("counts: each type that was made, each thing once", () => {
    const ids = resourcesOf(items).map(({ resource }) => resource.id);
    expect(new Set(ids).size).toBe(ids.length);
    const seen = new Set(resourcesOf(items).map(({ resource }) => resource.type));
    expect(awsTypes().filter((type) => !seen.has(type))).toEqual([]);
    const at = (type: string, region: string | null) =>
      resourcesOf(items, type).filter(({ resource }) => resource.region === region).length;
    expect([at("AWS::S3::Bucket", main), at("AWS::S3::Bucket", other)]).toEqual([3, 1]);
    expect([at("AWS::EC2::Volume", main), at("AWS::EC2::Volume", other)]).toEqual([2, 1]);
    expect(at("AWS::CloudTrail::Trail", main)).toBe(1);
    expect(resourcesOf(items, "AWS::CloudTrail::Trail")).toHaveLength(1);
    expect(at("AWS::IAM::User", null)).toBe(2);
  });

  test("a bucket with everything set", () => {
    const id = "arn:aws:s3:::orders";
    expect(whole(named(items, "AWS::S3::Bucket", "orders"))).toEqual({
      ...expected({ type: "AWS::S3::Bucket", id, name: "orders" }),
      tags: { team: "orders" },
      references: ["arn:aws:s3:::logs", seeded.keyArn],
      config: {
        BucketName: "orders",
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: seeded.keyArn },
              BucketKeyEnabled: true,
            },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          IgnorePublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: "Enabled" },
        LoggingConfiguration: { DestinationBucketName: "logs", LogFilePrefix: "orders/" },
        BucketPolicy: { PolicyDocument: ordersPolicy },
        AccessControl: "Private",
        LifecycleConfiguration: {
          Rules: [
            {
              Id: "old",
              Status: "Enabled",
              Prefix: "tmp/",
              ExpirationInDays: 30,
              Transitions: [{ TransitionInDays: 7, StorageClass: "GLACIER" }],
            },
          ],
        },
        Tags: [{ Key: "team", Value: "orders" }],
      },
    });
  });

  test.each([
    ["open", main, "PublicReadWrite"],
    ["logs", main, "LogDeliveryWrite"],
    ["far", other, "Private"],
  ])("bucket %s with nothing but an ACL", (name, region, AccessControl) => {
    const bucket = {
      ...expected({ type: "AWS::S3::Bucket", id: `arn:aws:s3:::${name}`, name, region }),
      config: { BucketName: name, AccessControl },
    };
    expect(whole(named(items, "AWS::S3::Bucket", name))).toEqual(bucket);
  });

  test("a security group: one rule for each CIDR", () => {
    const rule = { IpProtocol: "tcp", FromPort: 22, ToPort: 22 };
    expect(whole(named(items, "AWS::EC2::SecurityGroup", "open"))).toEqual({
      ...expected({
        type: "AWS::EC2::SecurityGroup",
        id: `arn:aws:ec2:${main}:${account}:security-group/${seeded.openGroupId}`,
        name: "open",
      }),
      references: [`arn:aws:ec2:${main}:${account}:vpc/${seeded.vpcId}`],
      config: {
        GroupName: "open",
        GroupDescription: "ssh for all",
        VpcId: seeded.vpcId,
        SecurityGroupIngress: [
          { ...rule, CidrIp: "0.0.0.0/0", Description: "anyone" },
          { ...rule, CidrIp: "10.0.0.0/8" },
          { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIpv6: "::/0" },
        ],
        SecurityGroupEgress: [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }],
      },
    });
  });

  test("an instance with its volumes, metadata options and user data", () => {
    const { resource, references } = named(items, "AWS::EC2::Instance", seeded.instanceId);
    expect(resource.tags).toEqual({ Name: "matching-engine" });
    expect(resource.config).toMatchObject({
      MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { Encrypted: true, VolumeSize: 8 } }],
      NetworkInterfaces: [
        { AssociatePublicIpAddress: false, SubnetId: seeded.subnetId, GroupSet: [seeded.openGroupId] },
      ],
      SecurityGroupIds: [seeded.openGroupId],
      UserData: "#!/bin/sh\necho hello\n",
      Monitoring: false,
      DisableApiTermination: false,
    });
    expect(references).toContain(`arn:aws:ec2:${main}:${account}:subnet/${seeded.subnetId}`);
    expect(references).toContain(`arn:aws:ec2:${main}:${account}:security-group/${seeded.openGroupId}`);
    expect(JSON.stringify(resource.raw)).not.toContain(Buffer.from("echo hello").toString("base64").slice(0, 8));
  });

  test("a network with its flow logs, and the regions' encryption by default", () => {
    expect(named(items, "AWS::EC2::VPC", seeded.vpcId).resource.config["FlowLogs"]).toMatchObject([
      {
        ResourceId: seeded.vpcId,
        ResourceType: "VPC",
        TrafficType: "ALL",
        LogDestinationType: "s3",
        LogDestination: "arn:aws:s3:::logs",
      },
    ]);
    const defaults = [main, other].map(
      (region) => named(items, "AWS::EC2::EbsEncryptionByDefault", region).resource.config,
    );
    expect(defaults).toEqual([{ EbsEncryptionByDefault: false }, { EbsEncryptionByDefault: true }]);
  });

  test("a user with keys, console access and policies", () => {
    const policyArn = `arn:aws:iam::${account}:policy/everything`;
    const shape = expected({
      type: "AWS::IAM::User",
      id: `arn:aws:iam::${account}:user/ada`,
      name: "ada",
      region: null,
    });
    expect(whole(named(items, "AWS::IAM::User", "ada"))).toEqual({
      ...shape,
      tags: { team: "risk" },
      references: [policyArn],
      config: {
        UserName: "ada",
        Path: "/",
        Groups: [],
        ManagedPolicyArns: [policyArn],
        Policies: [{ PolicyName: "inline", PolicyDocument: everything }],
        AccessKeys: [
          {
            AccessKeyId: `****${seeded.accessKeyId.slice(-4)}`,
            Status: "Active",
            CreateDate: expect.stringMatching(/^\d{4}-.*Z$/) as string,
          },
        ],
        MFADevices: [],
        LoginProfile: { PasswordResetRequired: expect.any(Boolean) as boolean },
        Tags: [{ Key: "team", Value: "risk" }],
      },
    });
    expect(named(items, "AWS::IAM::User", "bot").resource.config).not.toHaveProperty("LoginProfile");
    expect(JSON.stringify(items)).not.toContain(seeded.accessKeyId);
  });

  test("policies, roles, and the account's own facts", () => {
    expect(named(items, "AWS::IAM::ManagedPolicy", "everything").resource.config).toEqual({
      ManagedPolicyName: "everything",
      Path: "/",
      PolicyDocument: everything,
    });
    expect(named(items, "AWS::IAM::Role", "worker").resource.config).toMatchObject({
      AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: "lambda.amazonaws.com" } }] },
      Policies: [{ PolicyName: "inline", PolicyDocument: everything }],
    });
    const password = named(items, "AWS::IAM::AccountPasswordPolicy", account).resource;
    expect([password.id, password.config["MinimumPasswordLength"], password.config["RequireSymbols"]]).toEqual([
      `arn:aws:iam::${account}:account-password-policy`,
      14,
      true,
    ]);
    expect(named(items, "AWS::IAM::AccountSummary", account).resource.config).toEqual({
      AccountMFAEnabled: 0,
      AccountAccessKeysPresent: 0,
    });
  });

  test("databases", () => {
    const ledger = named(items, "AWS::RDS::DBInstance", "ledger");
    expect(ledger.resource.config).toMatchObject({
      StorageEncrypted: true,
      KmsKeyId: seeded.keyArn,
      PubliclyAccessible: false,
      BackupRetentionPeriod: 7,
      MultiAZ: true,
      DeletionProtection: true,
      EnableCloudwatchLogsExports: ["postgresql"],
      EnableIAMDatabaseAuthentication: false,
      AllocatedStorage: "20",
      Port: "5432",
    });
    expect(ledger.references).toContain(seeded.keyArn);
    expect(named(items, "AWS::RDS::DBInstance", "exposed").resource.config).toMatchObject({
      PubliclyAccessible: true,
      StorageEncrypted: false,
    });
    expect(named(items, "AWS::RDS::DBCluster", "quotes").resource.config).toMatchObject({
      StorageEncrypted: true,
      DeletionProtection: false,
    });
  });

  test("keys: rotation and policy; a key that cannot rotate says nothing of it", () => {
    const orders = named(items, "AWS::KMS::Key", seeded.keyId);
    expect(orders.resource.config).toMatchObject({
      EnableKeyRotation: true,
      Enabled: true,
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyPolicy: { Statement: [{ Effect: "Allow", Action: "kms:*" }] },
    });
    expect(orders.resource.tags).toEqual({ team: "orders" });
    const signing = resourcesOf(items, "AWS::KMS::Key").find(
      ({ resource }) => resource.config["KeyUsage"] === "SIGN_VERIFY",
    );
    expect(signing?.resource.config["KeySpec"]).toBe("RSA_2048");
    expect(signing?.resource.config).not.toHaveProperty("EnableKeyRotation");
  });

  test("a trail, a load balancer and its listener", () => {
    expect(named(items, "AWS::CloudTrail::Trail", "audit").resource.config).toMatchObject({
      IsMultiRegionTrail: true,
      EnableLogFileValidation: true,
      IncludeGlobalServiceEvents: true,
      IsLogging: true,
      S3BucketName: "logs",
    });
    const listener = {
      Port: 80,
      Protocol: "HTTP",
      DefaultActions: [
        { Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } },
      ],
    };
    const front = named(items, "AWS::ElasticLoadBalancingV2::LoadBalancer", "front");
    expect(front.resource.config).toMatchObject({
      Scheme: "internet-facing",
      Type: "application",
      Listeners: [listener],
    });
    expect(front.resource.config["LoadBalancerAttributes"]).toContainEqual({
      Key: "routing.http.drop_invalid_header_fields.enabled",
      Value: "true",
    });
    const item = named(items, "AWS::ElasticLoadBalancingV2::Listener", "80");
    expect(item.resource.config).toMatchObject({ LoadBalancerArn: seeded.balancerArn, ...listener });
    expect([item.resource.id, item.references]).toEqual([seeded.listenerArn, [seeded.balancerArn]]);
  });

  test("a function: its environment without secrets, who may call it", () => {
    const { resource } = named(items, "AWS::Lambda::Function", "settle");
    expect(resource.config).toMatchObject({
      Environment: { Variables: { STAGE: "production", DB_PASSWORD: "<redacted>" } },
      Permissions: [
        { Principal: "s3.amazonaws.com", Action: "lambda:InvokeFunction", SourceArn: "arn:aws:s3:::orders" },
      ],
      TracingConfig: { Mode: "Active" },
    });
    expect(resource.tags).toEqual({ team: "settlement" });
    expect(JSON.stringify(items)).not.toContain("correct-horse");
  });

  test("tables, topics, queues and secrets; never a secret's value", () => {
    const recovery = ["positions", "scratch"].map(
      (name) => named(items, "AWS::DynamoDB::Table", name).resource.config["PointInTimeRecoverySpecification"],
    );
    expect(recovery).toMatchObject([{ PointInTimeRecoveryEnabled: true }, { PointInTimeRecoveryEnabled: false }]);
    const topic = named(items, "AWS::SNS::Topic", "alerts").resource.config;
    expect(topic).toMatchObject({
      TopicName: "alerts",
      KmsMasterKeyId: "alias/aws/sns",
      TopicPolicy: { PolicyDocument: { Statement: [{}] } },
    });
    const queue = named(items, "AWS::SQS::Queue", "orders");
    const dead = `arn:aws:sqs:${main}:${account}:dead`;
    expect(queue.resource.config).toMatchObject({
      KmsMasterKeyId: "alias/aws/sqs",
      RedrivePolicy: { deadLetterTargetArn: dead, maxReceiveCount: 3 },
    });
    expect(queue.references).toEqual([dead]);
    expect(whole(named(items, "AWS::SecretsManager::Secret", "broker"))).toEqual({
      ...expected({ type: "AWS::SecretsManager::Secret", id: seeded.secretArn, name: "broker" }),
      references: [seeded.keyArn],
      config: {
        Name: "broker",
        KmsKeyId: seeded.keyId,
        ResourcePolicy: { ResourcePolicy: { Version: "2012-10-17", Statement: [] } },
      },
    });
    expect(JSON.stringify(items)).not.toContain("hunter2");
    expect(proxy.count("secretsmanager", "GetSecretValue")).toBe(0);
  });
});

describe("refusals are results", () => {
  const problem = (at: string, hides: readonly string[], message: unknown, region: string | null = main) => ({
    kind: "problem",
    problem: "incomplete",
    line: null,
    column: null,
    account,
    ...{ at, hides, message, region },
  });

  const cases: readonly { name: string; services: string[]; fault: Fault; expected: object }[] = [
    {
      name: "a denied S3 list",
      services: ["s3"],
      fault: { service: "s3", operation: /^GET \/\?/, answer: refusal("s3", 403, "AccessDenied", "Access Denied") },
      expected: problem(
        "s3:ListBuckets",
        ["AWS::S3::Bucket"],
        "s3:ListBuckets was refused (AccessDenied, HTTP 403): Access Denied; allow the IAM action s3:ListAllMyBuckets",
        null,
      ),
    },
    {
      name: "a denied EC2 list",
      services: ["ec2"],
      fault: {
        service: "ec2",
        operation: "DescribeSubnets",
        answer: refusal("ec2", 403, "UnauthorizedOperation", "You are not authorized."),
      },
      expected: problem(
        "ec2:DescribeSubnets",
        ["AWS::EC2::Subnet"],
        "ec2:DescribeSubnets was refused (UnauthorizedOperation, HTTP 403): You are not authorized.; allow the IAM action ec2:DescribeSubnets",
      ),
    },
    {
      name: "a denied list of a JSON service",
      services: ["dynamodb"],
      fault: {
        service: "dynamodb",
        operation: "ListTables",
        answer: refusal("json", 400, "AccessDeniedException", "User: u is not authorized"),
      },
      expected: problem(
        "dynamodb:ListTables",
        ["AWS::DynamoDB::Table"],
        "dynamodb:ListTables was refused (AccessDeniedException, HTTP 400): User: u is not authorized; allow the IAM action dynamodb:ListTables",
      ),
    },
    {
      name: "throttled to the end",
      services: ["rds"],
      fault: {
        service: "rds",
        operation: "DescribeDBInstances",
        answer: refusal("query", 400, "Throttling", "Rate exceeded"),
      },
      expected: problem(
        "rds:DescribeDBInstances",
        ["AWS::RDS::DBInstance"],
        "rds:DescribeDBInstances was refused (Throttling, HTTP 400): Rate exceeded; AWS throttled every attempt, try again with a lower --concurrency",
      ),
    },
    {
      name: "a page of HTML with status 200, which would parse as an empty list",
      services: ["ec2"],
      fault: { service: "ec2", operation: "DescribeSecurityGroups", answer: htmlPage },
      expected: problem(
        "ec2:DescribeSecurityGroups",
        ["AWS::EC2::SecurityGroup"],
        expect.stringContaining("could not be read (HTTP 200): a page of HTML"),
      ),
    },
    {
      name: "an answer without the list",
      services: ["sns"],
      fault: { service: "sns", operation: "ListTopics", answer: () => ({ status: 200, body: "<Other/>" }) },
      expected: problem("sns:ListTopics", ["AWS::SNS::Topic"], expect.stringContaining("could not be read")),
    },
    {
      name: "a truncated answer",
      services: ["dynamodb"],
      fault: {
        service: "dynamodb",
        operation: "ListTables",
        answer: () => ({ status: 200, type: "application/x-amz-json-1.0", body: '{"TableNames": ["posi' }),
      },
      expected: problem("dynamodb:ListTables", ["AWS::DynamoDB::Table"], expect.stringContaining("could not be read")),
    },
    {
      name: "a connection that is cut",
      services: ["sqs"],
      fault: { service: "sqs", operation: "ListQueues", answer: () => "cut" },
      expected: problem(
        "sqs:ListQueues",
        ["AWS::SQS::Queue"],
        expect.stringMatching(/^sqs:ListQueues was refused \(.*(ECONNRESET|socket hang up)/),
      ),
    },
    {
      name: "no answer in time",
      services: ["kms"],
      fault: { service: "kms", operation: "ListKeys", answer: () => "hang" },
      expected: problem(
        "kms:ListKeys",
        ["AWS::KMS::Key"],
        expect.stringMatching(/^kms:ListKeys was refused \(TimeoutError/),
      ),
    },
    {
      name: "a page that leads to itself",
      services: ["secretsmanager"],
      fault: {
        service: "secretsmanager",
        operation: "ListSecrets",
        answer: () => ({
          status: 200,
          type: "application/x-amz-json-1.1",
          body: JSON.stringify({ SecretList: [], NextToken: "again" }),
        }),
      },
      expected: problem(
        "secretsmanager:ListSecrets",
        ["AWS::SecretsManager::Secret"],
        expect.stringContaining("a page that leads to itself"),
      ),
    },
  ];

  test.each(cases)("$name", async ({ services, fault, expected: want }) => {
    proxy.use(fault);
    expect(problemsOf(await scan({ services, requestTimeoutMs: 500 }))).toEqual([want]);
  });

  test("a denied list leaves the other lists alone", async () => {
    proxy.use(cases[1]!.fault);
    const items = await scan({ services: ["ec2"] });
    expect(resourcesOf(items, "AWS::EC2::Subnet")).toEqual([]);
    expect(resourcesOf(items, "AWS::EC2::Volume")).toHaveLength(2);
  });

  test("a denied description is a failure of that property of that resource only", async () => {
    proxy.use({
      service: "s3",
      operation: /^GET \/orders\/?\?encryption/,
      answer: refusal("s3", 403, "AccessDenied", "Access Denied"),
    });
    const items = await scan({ services: ["s3"] });
    const orders = named(items, "AWS::S3::Bucket", "orders");
    expect(orders.failures).toEqual([
      {
        pointer: "/config/BucketEncryption",
        message:
          "s3:GetBucketEncryption was refused (AccessDenied, HTTP 403): Access Denied; allow the IAM action s3:GetEncryptionConfiguration",
      },
    ]);
    expect(orders.resource.config).not.toHaveProperty("BucketEncryption");
    expect(orders.resource.config).toHaveProperty("VersioningConfiguration");
    expect([named(items, "AWS::S3::Bucket", "logs").failures, problemsOf(items)]).toEqual([[], []]);
  });

  test("volumes that cannot be described leave an instance's encryption unread", async () => {
    proxy.use({
      service: "ec2",
      operation: "DescribeVolumes",
      answer: refusal("ec2", 403, "UnauthorizedOperation", "no"),
    });
    const instance = named(await scan({ services: ["ec2"] }), "AWS::EC2::Instance", seeded.instanceId);
    expect(instance.failures.map(({ pointer }) => pointer)).toEqual(["/config/BlockDeviceMappings/0/Ebs"]);
  });

  test("a key that cannot be described is a problem: nobody knows whose it is", async () => {
    proxy.use({
      service: "kms",
      operation: "DescribeKey",
      answer: refusal("json", 400, "AccessDeniedException", "no"),
    });
    const items = await scan({ services: ["kms"] });
    expect(resourcesOf(items)).toEqual([]);
    expect(new Set(problemsOf(items).map(({ at, hides }) => `${at} ${hides.join()}`))).toEqual(
      new Set(["kms:DescribeKey AWS::KMS::Key"]),
    );
  });

  test("what disappears between list and description is not there, and no error", async () => {
    const answer: Fault["answer"] = (call) =>
      call.body.includes("scratch")
        ? { status: 400, type: "application/x-amz-json-1.0", body: '{"__type":"ResourceNotFoundException"}' }
        : null;
    proxy.use({ service: "dynamodb", operation: "DescribeTable", answer });
    const items = await scan({ services: ["dynamodb"] });
    expect([resourcesOf(items).map(({ resource }) => resource.name), problemsOf(items)]).toEqual([["positions"], []]);
  });

  test.each([
    ["refused", "InvalidClientTokenId", "The security token included in the request is invalid."],
    ["expired", "ExpiredToken", "The security token included in the request is expired"],
  ])("credentials that are %s hide everything, in one problem", async (_name, code, text) => {
    proxy.use({ service: "sts", operation: "GetCallerIdentity", answer: refusal("query", 403, code, text) });
    expect(await scan()).toEqual([
      {
        ...problem("sts:GetCallerIdentity", awsTypes(), expect.stringContaining(code)),
        account: null,
        message: `sts:GetCallerIdentity was refused (${code}, HTTP 403): ${text}; check the AWS credentials (environment, profile, role), they may be missing or expired`,
      },
    ]);
  });

  test("no credentials at all", async () => {
    setEnvironment({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    const items = await scan();
    expect(items).toMatchObject([
      { kind: "problem", hides: awsTypes(), message: expect.stringMatching(/check the AWS credentials/) as string },
    ]);
    expect(proxy.calls).toEqual([]);
  });

  test("secret-looking parts of a message are left out", async () => {
    const text = "key AKIAIOSFODNN7EXAMPLE secret wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYwJalrX \u001b[31mred";
    proxy.use({
      service: "sns",
      operation: "ListTopics",
      answer: refusal("query", 403, "AuthorizationError", text.replace("\u001b", "&#x1b;")),
    });
    const [found] = problemsOf(await scan({ services: ["sns"] }));
    expect(found?.message).toContain("key AKIA<redacted> secret <redacted>");
    expect(found?.message).not.toMatch(/IOSFODNN7|wJalr|\u001b/);
  });
});

describe("retries and pages", () => {
  // All at once: the SDK slows down for seconds after each throttling, by service.
  test("throttled twice, then answered", async () => {
    const throttled = [
      [
        "ec2",
        "DescribeVolumes",
        refusal("ec2", 503, "RequestLimitExceeded", "Request limit exceeded."),
        "AWS::EC2::Volume",
        2,
      ],
      ["s3", /^GET \/\?/, refusal("s3", 503, "SlowDown", "Please reduce your request rate."), "AWS::S3::Bucket", 3],
      [
        "dynamodb",
        "ListTables",
        refusal("json", 400, "ThrottlingException", "Rate exceeded"),
        "AWS::DynamoDB::Table",
        2,
      ],
      ["sns", "ListTopics", () => ({ status: 429, body: "" }), "AWS::SNS::Topic", 1],
    ] as const;
    proxy.use(...throttled.map(([service, operation, answer]) => ({ service, operation, answer, times: 2 })));
    const items = await scan({ services: throttled.map(([service]) => service), maxAttempts: 5, concurrency: 16 });
    expect(problemsOf(items)).toEqual([]);
    for (const [service, operation, , type, count] of throttled) {
      expect(resourcesOf(items, type), type).toHaveLength(count);
      expect(proxy.count(service, operation), service).toBeGreaterThanOrEqual(3);
    }
  });

  test("every page is read, and pages before a refusal are kept", async () => {
    const page = (TableNames: string[], next?: string) => JSON.stringify({ TableNames, LastEvaluatedTableName: next });
    const json = (body: string) => ({ status: 200, type: "application/x-amz-json-1.0", body });
    const first: Fault["answer"] = (call) =>
      call.body.includes("ExclusiveStartTableName") ? null : json(page(["scratch"], "scratch"));
    proxy.use({
      service: "dynamodb",
      operation: "ListTables",
      answer: (call) => first(call) ?? json(page(["positions"])),
    });
    const both = await scan({ services: ["dynamodb"] });
    expect([resourcesOf(both).map(({ resource }) => resource.name), problemsOf(both)]).toEqual([
      ["scratch", "positions"],
      [],
    ]);

    const denied = refusal("json", 400, "AccessDeniedException", "no more");
    proxy.use({ service: "dynamodb", operation: "ListTables", answer: (call) => first(call) ?? denied(call) });
    const half = await scan({ services: ["dynamodb"] });
    expect(resourcesOf(half).map(({ resource }) => resource.name)).toEqual(["scratch"]);
    expect(problemsOf(half)).toMatchObject([{ at: "dynamodb:ListTables", hides: ["AWS::DynamoDB::Table"] }]);
  });

  test("SQS is asked for pages: without that it stops at 1,000 queues", async () => {
    await scan({ services: ["sqs"] });
    const bodies = proxy.calls
      .filter(({ operation }) => operation === "ListQueues")
      .map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([{ MaxResults: 1000 }]);
  });
});

describe("accounts and regions", () => {
  test("another account through a role, with its own ids", async () => {
    const items = await scan({ accounts: ["111122223333"], roleName: "Auditor", services: ["ec2"] });
    expect(problemsOf(items)).toEqual([]);
    expect(new Set(resourcesOf(items).map(({ resource }) => resource.account))).toEqual(new Set(["111122223333"]));
    expect(resourcesOf(items, "AWS::EC2::VPC")[0]!.resource.id).toMatch(
      /^arn:aws:ec2:us-east-1:111122223333:vpc\/vpc-/,
    );
    expect(proxy.calls.find(({ operation }) => operation === "AssumeRole")?.body).toContain(
      encodeURIComponent("arn:aws:iam::111122223333:role/Auditor"),
    );
  });

  test.each([
    [
      "without a role to assume",
      { accounts: ["111122223333"] },
      "account 111122223333 is not the caller's (123456789012): name a role to assume in it (--role-name)",
    ],
    ["that is no account", { accounts: ["prod"] }, "account prod: expected 12 digits"],
  ])("an account %s hides everything in it", async (_name, options, message) => {
    const items = await scan(options);
    expect(items).toMatchObject([{ kind: "problem", hides: awsTypes(), account: options.accounts[0], message }]);
  });

  test("a role that may not be assumed", async () => {
    proxy.use({
      service: "sts",
      operation: "AssumeRole",
      answer: refusal("query", 403, "AccessDenied", "not authorized to assume"),
    });
    const items = await scan({ accounts: [account, "111122223333"], roleName: "Auditor", services: ["sns"] });
    expect(resourcesOf(items).map(({ resource }) => resource.account)).toEqual([account]);
    expect(problemsOf(items)).toMatchObject([
      { at: "sts:AssumeRole", account: "111122223333", hides: ["AWS::SNS::Topic"] },
    ]);
  });

  test("no region configured: all that are enabled, and those that are not are said", async () => {
    const regions = [
      { name: main, status: "opt-in-not-required" },
      { name: other, status: "opted-in" },
      { name: "ap-east-1", status: "not-opted-in" },
    ].map(({ name, status }) => `<item><regionName>${name}</regionName><optInStatus>${status}</optInStatus></item>`);
    const body = `<DescribeRegionsResponse><regionInfo>${regions.join("")}</regionInfo></DescribeRegionsResponse>`;
    proxy.use({ service: "ec2", operation: "DescribeRegions", answer: () => ({ status: 200, body }) });
    const said: string[] = [];
    await scan({ regions: null, services: ["sns"], progress: (message) => said.push(message) });
    expect(new Set(proxy.calls.filter(({ service }) => service === "sns").map(({ region }) => region))).toEqual(
      new Set([main, other]),
    );
    expect(said).toContain(`aws ${account}: regions not opted in to, skipped: ap-east-1`);
    const asked = await scan({ regions: ["ap-east-1", "us-eats-1"], services: ["sns"] });
    expect(asked).toMatchObject([
      {
        kind: "problem",
        region: "ap-east-1",
        message: `region ap-east-1 is not enabled: opt in to it, or leave it out (account ${account})`,
      },
      {
        kind: "problem",
        region: "us-eats-1",
        message: `region us-eats-1 does not exist: correct its name, or leave it out (account ${account})`,
      },
    ]);
  });

  test("no region configured and none to be had", async () => {
    proxy.use({
      service: "ec2",
      operation: "DescribeRegions",
      answer: refusal("ec2", 403, "UnauthorizedOperation", "no"),
    });
    expect(await scan({ regions: null })).toMatchObject([{ at: "ec2:DescribeRegions", hides: awsTypes(), account }]);
  });

  test("the SDK's own configuration: AWS_REGION and AWS_ENDPOINT_URL", async () => {
    setEnvironment({ AWS_REGION: other, AWS_ENDPOINT_URL: proxy.endpoint });
    const items = await scan({ regions: null, endpointUrl: null, services: ["s3", "ec2"] });
    expect(problemsOf(items)).toEqual([]);
    expect(resourcesOf(items, "AWS::S3::Bucket").map(({ resource }) => [resource.name, resource.source.uri])).toEqual([
      ["far", "aws"],
    ]);
    expect(resourcesOf(items, "AWS::EC2::Volume")).toHaveLength(1);
  });

  test("a service that does not exist", async () => {
    const message = `no service s4: expected one of ${awsServiceNames().join(", ")}`;
    expect(await scan({ services: ["s4"] })).toMatchObject([{ kind: "problem", problem: "incomplete", message }]);
  });
});

describe("AWS Config (a fake of ours: moto's answers nothing)", () => {
  const recordedAt = "2026-01-01T00:00:00.000Z";
  const item = (
    resourceType: string,
    resourceId: string,
    configuration: object,
    supplementary: object = {},
  ): BaseConfigurationItem => ({
    resourceType: resourceType as "AWS::S3::Bucket",
    resourceId,
    configurationItemStatus: "OK",
    configurationItemCaptureTime: new Date(recordedAt),
    configuration: JSON.stringify(configuration),
    supplementaryConfiguration: Object.fromEntries(
      Object.entries(supplementary).map(([name, part]) => [name, JSON.stringify(part)]),
    ),
  });
  const logs = item(
    "AWS::S3::Bucket",
    "logs",
    { name: "logs" },
    {
      BucketVersioningConfiguration: { status: "Suspended", isMfaDeleteEnabled: null },
      PublicAccessBlockConfiguration: {
        blockPublicAcls: true,
        ignorePublicAcls: false,
        blockPublicPolicy: true,
        restrictPublicBuckets: true,
      },
      ServerSideEncryptionConfiguration: {
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256", kmsMasterKeyID: null },
            bucketKeyEnabled: false,
          },
        ],
      },
      BucketLoggingConfiguration: { destinationBucketName: null, logFilePrefix: null },
      BucketPolicy: { policyText: JSON.stringify(everything) },
      // JSON in a JSON string, as the service has it.
      AccessControlList: JSON.stringify({ grantSet: null, grantList: [{ grantee: "AllUsers", permission: "Read" }] }),
      BucketTaggingConfiguration: { tagSets: [{ tags: { team: "audit" } }] },
    },
  );
  const range = {
    ipv4Ranges: [{ cidrIp: "0.0.0.0/0" }],
    ipv6Ranges: [],
    prefixListIds: [],
    userIdGroupPairs: [],
    ipRanges: ["0.0.0.0/0"],
  };
  const group = (id: string) =>
    item("AWS::EC2::SecurityGroup", id, {
      groupId: id,
      groupName: `recorded-${id}`,
      description: "from the record",
      vpcId: "vpc-1",
      ipPermissions: [{ ipProtocol: "tcp", fromPort: 22, toPort: 22, ...range }],
      ipPermissionsEgress: [{ ipProtocol: "-1", fromPort: null, toPort: null, ...range }],
      tags: [{ key: "team", value: "net" }],
    });
  const volume = item("AWS::EC2::Volume", "vol-1", {
    volumeId: "vol-1",
    encrypted: true,
    kmsKeyId: seededKey(),
    size: 5,
    attachments: [],
    tags: [],
  });
  const fake = (changes: Partial<FakeConfig> = {}): FakeConfig => ({
    region: main,
    recorder: { name: "default", recordingGroup: { allSupported: true } },
    status: { name: "default", recording: true, lastStatus: "Success" },
    items: [logs, group("sg-1"), group("sg-2"), group("sg-3"), volume],
    pageSize: 2,
    ...changes,
  });
  function seededKey(): string {
    return `arn:aws:kms:${main}:${account}:key/recorded`;
  }

  test("records are used, page by page, and say when they were taken", async () => {
    proxy.use(...fakeConfig(fake()));
    const items = await scan({ services: ["ec2"] });
    expect(resourcesOf(items, "AWS::EC2::SecurityGroup").map(({ resource }) => resource.name)).toEqual(
      ["sg-1", "sg-2", "sg-3"].map((id) => `recorded-${id}`),
    );
    expect(whole(named(items, "AWS::EC2::SecurityGroup", "recorded-sg-1"))).toEqual({
      ...expected({
        type: "AWS::EC2::SecurityGroup",
        id: `arn:aws:ec2:${main}:${account}:security-group/sg-1`,
        name: "recorded-sg-1",
      }),
      source: { scanner: "aws", uri: proxy.endpoint, line: null, column: null, capturedAt: recordedAt },
      tags: { team: "net" },
      references: [`arn:aws:ec2:${main}:${account}:vpc/vpc-1`],
      config: {
        GroupName: "recorded-sg-1",
        GroupDescription: "from the record",
        VpcId: "vpc-1",
        SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: "0.0.0.0/0" }],
        SecurityGroupEgress: [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }],
        Tags: [{ Key: "team", Value: "net" }],
      },
    });
    expect(proxy.count("ec2", "DescribeSecurityGroups")).toBe(0);
    expect(named(items, "AWS::EC2::Volume", "vol-1").resource.config).toEqual({
      Encrypted: true,
      KmsKeyId: seededKey(),
      Size: 5,
    });
  });

  test("a bucket's recorded parts are not asked for again; the others and the other buckets are", async () => {
    proxy.use(...fakeConfig(fake()));
    const items = await scan({ services: ["s3"] });
    expect(named(items, "AWS::S3::Bucket", "logs").resource.config).toEqual({
      BucketName: "logs",
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: false,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: "Suspended" },
      BucketPolicy: { PolicyDocument: everything },
      AccessControl: "PublicRead",
      Tags: [{ Key: "team", Value: "audit" }],
    });
    expect(
      proxy.count("s3", /^GET \/logs\/?\?(encryption|publicAccessBlock|versioning|logging|policy|acl|tagging)/),
    ).toBe(0);
    expect(proxy.count("s3", /^GET \/logs\/?\?lifecycle/)).toBe(1);
    expect(proxy.count("s3", /^GET \/orders\/?\?encryption/)).toBe(1);
  });

  test.each<[string, Partial<FakeConfig>]>([
    ["is off", { status: { name: "default", recording: false, lastStatus: "Success" } }],
    ["failed last", { status: { name: "default", recording: true, lastStatus: "Failure" } }],
    [
      "does not cover the type",
      { recorder: { name: "default", recordingGroup: { allSupported: false, resourceTypes: ["AWS::S3::Bucket"] } } },
    ],
    [
      "excludes the type",
      {
        recorder: {
          name: "default",
          recordingGroup: {
            recordingStrategy: { useOnly: "EXCLUSION_BY_RESOURCE_TYPES" },
            exclusionByResourceTypes: { resourceTypes: ["AWS::EC2::SecurityGroup"] },
          },
        },
      },
    ],
    [
      "records once a day",
      {
        recorder: {
          name: "default",
          recordingGroup: { allSupported: true },
          recordingMode: { recordingFrequency: "DAILY" },
        },
      },
    ],
    ["has nothing, which is never taken for nothing there", { items: [] }],
    [
      "has a record that it could not deliver",
      { items: [group("sg-1"), { ...group("sg-2"), configurationItemStatus: "ResourceNotRecorded" }] },
    ],
    ["has a record of an unknown shape", { items: [item("AWS::EC2::SecurityGroup", "sg-1", { groupId: "sg-1" })] }],
  ])("EC2 is asked when the recorder %s", async (_name, changes) => {
    proxy.use(...fakeConfig(fake(changes)));
    const items = await scan({ services: ["ec2"] });
    const groups = resourcesOf(items, "AWS::EC2::SecurityGroup").map(({ resource }) => resource.name);
    expect(groups.sort()).toEqual(["default", "default", "open"]);
  });

  test("EC2 is asked when Config is refused, or not wanted", async () => {
    proxy.use({ service: "config", operation: /./, answer: refusal("json", 400, "AccessDeniedException", "no") });
    expect(problemsOf(await scan({ services: ["ec2"] }))).toEqual([]);
    proxy.use(...fakeConfig(fake()));
    expect(resourcesOf(await scan({ services: ["ec2"], useConfig: false }), "AWS::EC2::Volume")).toHaveLength(2);
    expect(proxy.count("config", /./)).toBe(0);
  });
});

test("calls under way are bounded", async () => {
  await scan({ services: ["s3", "ec2"], concurrency: 2 });
  expect(proxy.mostAtOnce).toBe(2);
  proxy.use();
  await scan({ services: ["s3", "ec2"], concurrency: 6 });
  expect(proxy.mostAtOnce).toBeGreaterThan(2);
  expect(proxy.mostAtOnce).toBeLessThanOrEqual(6);
});

test("only reading operations are imported anywhere in scanners/aws", () => {
  const files = readdirSync("scanners/aws", { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const imports = files.flatMap((file) => {
    const text = readFileSync(`scanners/aws/${file}`, "utf8");
    expect(text, file).not.toMatch(/import\s+\*\s+as\s+\w+\s+from\s+"@aws-sdk|import\("@aws-sdk|GetSecretValue/);
    return [...text.matchAll(/import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"@aws-sdk\/[^"]+"/g)].flatMap(
      ([, names = ""]) => names.split(",").map((name) => name.trim().replace(/^type\s+/, "")),
    );
  });
  const calls = imports.filter((name) => /Command$|^paginate/.test(name)).map((name) => name.replace(/^paginate/, ""));
  expect(calls.length).toBeGreaterThan(60);
  expect(calls.filter((name) => !/^(Get|List|Describe|Select|BatchGet|AssumeRole|Head|LookupEvents)/.test(name))).toEqual([]);
});
