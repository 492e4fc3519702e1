import { mkdirSync, mkdtempSync, rmSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { unknownValue, type PulumiResource } from "../../src/engine/crossguard/pulumi-resource.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import type { JsonObject } from "../../src/json.js";
import { readCode } from "../code/index.js";
import { scanSample } from "../sample/index.js";
import { evaluated } from "../terraform/mapping/testing/evaluated.js";
import { mapTerraform } from "../terraform/map.js";
import { createPulumiView } from "./view.js";

const view = createPulumiView();

function live(type: string, config: JsonObject, rest: Partial<ScannedResource["resource"]> = {}): ScannedResource {
  const source = { scanner: "aws", uri: null, line: null, column: null, capturedAt: null };
  const place = {
    provider: type.startsWith("AWS") ? "aws" : "kubernetes",
    account: null,
    region: null,
    raw: {},
    source,
  };
  const resource = { id: "the-id", type, name: "a", tags: {}, config, unknown: [], ...place, ...rest };
  return { kind: "resource", resource, locate: () => null, references: [], failures: [] };
}

/** Properties by type, without those that nobody read. */
function shown(item: ScannedResource): Record<string, unknown> {
  return Object.fromEntries(
    view
      .translate(item)
      .filter(({ isAlias }) => isAlias !== true)
      .map(({ type, properties, doubts }) => [type, known(properties, doubts)]),
  );
}

function known(properties: JsonObject, doubts: PulumiResource["doubts"]): object {
  const kept = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => kept(one, `${at}/${index}`));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => doubts.get(`${at}/${key}`)?.kind !== "untranslated");
    return Object.fromEntries(entries.map(([key, one]) => [key, kept(one, `${at}/${key}`)]));
  };
  return kept(properties, "") as object;
}

const allow = { Version: "2012-10-17", Statement: [] };

describe("configs of the provider's schema", () => {
  test.each<[string, ScannedResource, object]>([
    [
      "a bucket: in itself, and as the resources of their own that it is today",
      live("AWS::S3::Bucket", {
        BucketName: "a",
        AccessControl: "PublicRead",
        VersioningConfiguration: { Status: "Enabled" },
        LoggingConfiguration: { DestinationBucketName: "logs" },
        BucketPolicy: { PolicyDocument: allow },
      }),
      {
        "aws:s3/bucket:Bucket": {
          bucket: "a",
          acl: "public-read",
          versioning: { enabled: true },
          versionings: [{ enabled: true }],
          logging: { targetBucket: "logs" },
          loggings: [{ targetBucket: "logs" }],
          policy: JSON.stringify(allow),
        },
        "aws:s3/bucketAcl:BucketAcl": { bucket: "a", acl: "public-read" },
        "aws:s3/bucketVersioning:BucketVersioning": { bucket: "a", versioningConfiguration: { status: "Enabled" } },
        "aws:s3/bucketLogging:BucketLogging": { bucket: "a", targetBucket: "logs" },
        "aws:s3/bucketPolicy:BucketPolicy": { bucket: "a", policy: JSON.stringify(allow) },
      },
    ],
    [
      "a table: switches, blocks and lists",
      live("AWS::DynamoDB::Table", {
        TableName: "t",
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
        SSESpecification: { SSEEnabled: true, KMSMasterKeyId: "k" },
      }),
      {
        "aws:dynamodb/table:Table": {
          name: "t",
          pointInTimeRecovery: { enabled: false },
          serverSideEncryption: { enabled: true, kmsKeyArn: "k" },
        },
      },
    ],
    [
      "a group: its rules in itself and as resources of their own",
      live("AWS::EC2::SecurityGroup", {
        GroupName: "g",
        SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: "0.0.0.0/0" }],
      }),
      {
        "aws:ec2/securityGroup:SecurityGroup": {
          name: "g",
          ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] }],
        },
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
          securityGroupId: "a",
          ipProtocol: "tcp",
          fromPort: 22,
          toPort: 22,
          cidrIpv4: "0.0.0.0/0",
        },
      },
    ],
    [
      "an instance: the root's device and the others",
      live("AWS::EC2::Instance", {
        ImageId: "ami-1",
        BlockDeviceMappings: [
          { DeviceName: "/dev/xvda", Ebs: { Encrypted: true } },
          { DeviceName: "/dev/sdf", Ebs: { Encrypted: false } },
        ],
      }),
      {
        "aws:ec2/instance:Instance": {
          ami: "ami-1",
          rootBlockDevice: { deviceName: "/dev/xvda", encrypted: true },
          ebsBlockDevices: [{ deviceName: "/dev/sdf", encrypted: false }],
        },
      },
    ],
    [
      "an instance of a cluster of databases",
      live("AWS::RDS::DBInstance", { DBInstanceIdentifier: "d", DBClusterIdentifier: "c", PubliclyAccessible: true }),
      {
        "aws:rds/clusterInstance:ClusterInstance": {
          identifier: "d",
          clusterIdentifier: "c",
          publiclyAccessible: true,
        },
      },
    ],
    [
      "a cluster: words in a list, read by hand",
      live("AWS::EKS::Cluster", { Name: "e", Logging: { ClusterLogging: { EnabledTypes: [{ Type: "api" }] } } }),
      { "aws:eks/cluster:Cluster": { name: "e", enabledClusterLogTypes: ["api"] } },
    ],
    [
      "tags, with keys that JavaScript gives a meaning",
      live(
        "AWS::SNS::Topic",
        { TopicName: "t" },
        { tags: JSON.parse(`{"__proto__": "x", "constructor": "y"}`) as never },
      ),
      { "aws:sns/topic:Topic": { name: "t", tags: JSON.parse(`{"__proto__": "x", "constructor": "y"}`) as object } },
    ],
    [
      "a type that there is no table of",
      live("AWS::SSM::Document", { DocumentType: "Command", KMSKeyId: "k", Content: { Statement: [{ Effect: "x" }] } }),
      {
        "aws-native:ssm:Document": {
          documentType: "Command",
          kmsKeyId: "k",
          content: { Statement: [{ Effect: "x" }] },
        },
      },
    ],
    [
      "a manifest, as it is",
      live("v1/Pod", { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } }),
      { "kubernetes:core/v1:Pod": { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } } },
    ],
    [
      "a manifest of a group",
      live("apps/v1/Deployment", { apiVersion: "apps/v1", kind: "Deployment" }),
      { "kubernetes:apps/v1:Deployment": { apiVersion: "apps/v1", kind: "Deployment" } },
    ],
  ])("%s", (_, item, expected) => {
    expect(shown(item)).toEqual(expected);
  });

  test("other names of a type have the same properties, and are marked", () => {
    const [first, ...others] = view.translate(live("AWS::ElasticLoadBalancingV2::LoadBalancer", { Name: "l" }));
    const aliases = others.filter(({ type }) => type.endsWith("LoadBalancer"));
    expect(aliases.map(({ type }) => type)).toContain("aws:alb/loadBalancer:LoadBalancer");
    expect(aliases.every(({ isAlias, properties }) => isAlias === true && properties === first?.properties)).toBe(true);
  });

  test("what is not known, what could not be read and what nobody reads are never absent", () => {
    const item = {
      ...live("AWS::S3::Bucket", { BucketName: "a" }, { unknown: ["/config/VersioningConfiguration/Status", "/tags"] }),
      failures: [{ pointer: "/config/BucketEncryption", message: "AccessDenied" }],
    };
    const [bucket] = view.translate(item);
    expect(bucket?.properties).toMatchObject({
      versioning: { enabled: unknownValue },
      serverSideEncryptionConfiguration: unknownValue,
      forceDestroy: unknownValue,
      tags: unknownValue,
    });
    expect(bucket?.properties).not.toHaveProperty("acl");
    expect(bucket?.doubts.get("/versioning/enabled")).toMatchObject({
      kind: "unknown",
      pointer: "/config/VersioningConfiguration/Status",
    });
    expect(bucket?.doubts.get("/serverSideEncryptionConfiguration")).toMatchObject({
      kind: "failed",
      pointer: "/config/BucketEncryption",
      message: "AccessDenied",
    });
    expect(bucket?.doubts.get("/forceDestroy")).toMatchObject({ kind: "untranslated", pointer: null });
  });
});

describe("Terraform's resources", () => {
  const map = (...resources: Parameters<typeof evaluated>[]): ScannedResource[] =>
    mapTerraform(
      resources.map((one) => evaluated(...one)),
      { scanner: "terraform", uri: "." },
    );

  test("what is written is shown, what is not is absent, and the satellites are resources of their own", () => {
    const [bucket] = map(
      ["aws_s3_bucket.a", { bucket: "a", force_destroy: true, logging: [], tags: { Team: "x" } }],
      ["aws_s3_bucket_versioning.v", { bucket: "a", versioning_configuration: [{ status: "Enabled" }] }],
    );
    expect(bucket && shown(bucket)).toEqual({
      "aws:s3/bucket:Bucket": {
        bucket: "a",
        forceDestroy: true,
        tags: { Team: "x" },
        // Set by the other resource, where older packs look for it.
        versioning: { enabled: true },
        versionings: [{ enabled: true }],
      },
      "aws:s3/bucketVersioning:BucketVersioning": { bucket: "a", versioningConfiguration: { status: "Enabled" } },
    });
    expect(bucket && view.translate(bucket).map(({ urn }) => urn)).toContain(
      "urn:pulumi:inventory::portcullis::aws:s3/bucketVersioning:BucketVersioning::aws_s3_bucket_versioning.v",
    );
  });

  test("unknown values, blocks among them, stay unknown", () => {
    const [volume] = map([
      "aws_instance.i",
      { root_block_device: [{}] },
      { unknown: ["/ami", "/root_block_device/0/encrypted"] },
    ]);
    const [shownVolume] = volume === undefined ? [] : view.translate(volume);
    expect(shownVolume?.properties).toEqual({ ami: unknownValue, rootBlockDevice: { encrypted: unknownValue } });
    expect(shownVolume?.doubts.get("/rootBlockDevice/encrypted")?.pointer).toBe("/raw/root_block_device/0/encrypted");
  });

  test("dependencies are known by property", () => {
    const references = { "/load_balancer_arn": ["aws_lb.l"] };
    const items = map(
      ["aws_lb.l", { name: "l" }],
      ["aws_lb_listener.x", { port: 80 }, { unknown: ["/load_balancer_arn"], references }],
    );
    const listener = items
      .flatMap((item) => view.translate(item))
      .find(({ type }) => type === "aws:lb/listener:Listener");
    expect(listener?.propertyDependencies).toEqual(new Map([["loadBalancerArn", ["aws_lb.l"]]]));
    expect(listener?.dependencies).toEqual(["aws_lb.l"]);
  });

  test("a type of another provider that there is no table of is not shown", () => {
    expect(map(["azurerm_storage_account.a", { name: "a" }]).map(shown)).toEqual([{}]);
  });
});

describe("the two roads to one resource", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-view-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Terraform's defaults, which a config says and code need not. */
  const defaults = new Map<string, unknown>([
    ["aws:cloudtrail/trail:Trail enableLogging", true],
    ["aws:cloudtrail/trail:Trail includeGlobalServiceEvents", true],
    ["aws:rds/instance:Instance backupRetentionPeriod", 0],
    ["aws:rds/instance:Instance publiclyAccessible", false],
  ]);

  test("the examples of Trivy's checks: properties from Terraform's words are those from the config", async () => {
    let compared = 0;
    for await (const item of terraformExamples(folder)) {
      const { declared: _, ...asRead } = item;
      const direct = view.translate(item);
      for (const other of view.translate(asRead)) {
        const same = direct.filter(({ type }) => type === other.type);
        const [one] = same;
        if (one === undefined || same.length > 1) continue;
        for (const [name, value] of Object.entries(other.properties)) {
          const at = `${other.type} ${name}`;
          const doubted = [...one.doubts.keys(), ...other.doubts.keys()].some((doubt) => doubt.startsWith(`/${name}`));
          if (doubted || (defaults.get(at) === value && one.properties[name] === undefined)) continue;
          expect(normal(one.properties[name]), `${item.resource.id}: ${at}`).toEqual(normal(value));
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(200);
  }, 60_000);
});

/** JSON texts may be written in many ways. */
function normal(value: unknown): unknown {
  return typeof value === "string" && value.trimStart().startsWith("{") ? (JSON.parse(value) as unknown) : value;
}

async function* terraformExamples(folder: string): AsyncGenerator<ScannedResource> {
  const lines = readFileSync("test/fixtures/trivy-checks/examples.jsonl", "utf8").trim().split("\n");
  const examples = lines.map((line) => JSON.parse(line) as { kind: string; text: string });
  examples
    .filter(({ kind }) => kind === "terraform")
    .forEach(({ text }, index) => {
      mkdirSync(join(folder, String(index)));
      writeFileSync(join(folder, String(index), "main.tf"), text);
    });
  const options = { documents: false, varFiles: [], variables: {}, parameters: {}, region: null };
  for await (const item of readCode([folder], options)) if (item.kind === "resource") yield item;
}

test("the sample estate is shown as some forty types, each with a URN of its own", async () => {
  const urns: string[] = [];
  const types = new Set<string>();
  for await (const item of scanSample({ now: () => new Date(0) } as never)) {
    if (item.kind !== "resource") continue;
    const resources = view.translate(item);
    expect(resources.length, item.resource.type).toBeGreaterThan(0);
    for (const { urn, type, isAlias } of resources) {
      urns.push(urn);
      if (isAlias !== true) types.add(type);
    }
  }
  expect(types.size).toBeGreaterThanOrEqual(40);
  expect(new Set(urns).size).toBe(urns.length);
});
