import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ScanItem, ScannedResource, ScanProblem } from "../../src/inventory/scan-item.js";
import type { Json } from "../../src/json.js";
import { unknownValue } from "../../src/engine/crossguard/pulumi-resource.js";
import { detect } from "../code/detect.js";
import { parseDocuments, type ParsedDocument } from "../code/document.js";
import { isPulumi, readPulumi } from "./index.js";
import { createPulumiView } from "./view.js";

/** What Pulumi's own CLI wrote of test/tools/pulumi/program.cjs. */
const [preview, stack] = ["preview", "stack"].map((name) =>
  parsed(readFileSync(`scanners/pulumi/testing/${name}.json`, "utf8"), `${name}.json`),
) as [ParsedDocument, ParsedDocument];

function parsed(text: string, uri = "state.json"): ParsedDocument {
  const [document] = parseDocuments(uri, text);
  if (document === undefined) throw new Error("no document");
  return document;
}

function resourcesOf(document: ParsedDocument): Map<string, ScannedResource> {
  const found = readPulumi(document).filter((item): item is ScannedResource => item.kind === "resource");
  return new Map(found.map((item) => [item.resource.id.split("::").slice(2).join("::"), item]));
}

const view = createPulumiView();

describe("what the CLI writes", () => {
  test.each([
    ["preview", preview],
    ["stack", stack],
  ])("%s: is known, and each resource is there in the provider's schema", (_, document) => {
    expect(detect(document.value)).toBe("pulumi");
    const found = resourcesOf(document);
    expect(found.get("aws:s3/bucket:Bucket::orders")?.resource).toMatchObject({
      provider: "aws",
      type: "AWS::S3::Bucket",
      name: "qv-orders",
      config: { BucketName: "qv-orders", VersioningConfiguration: { Status: "Enabled" } },
      source: { scanner: "pulumi", uri: "program.cjs" },
    });
    expect(found.get("aws:ec2/securityGroup:SecurityGroup::admin")?.resource.config).toMatchObject({
      SecurityGroupIngress: [
        { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: "0.0.0.0/1" },
        { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: "128.0.0.0/1" },
      ],
    });
    expect(found.get("kubernetes:core/v1:Pod::debug")?.resource).toMatchObject({
      provider: "kubernetes",
      type: "v1/Pod",
      name: "debug",
      config: { spec: { containers: [{ name: "shell", image: "busybox" }] } },
    });
    expect(found.get("pulumi:pulumi:Stack::portcullis-test")?.resource.provider).toBe("pulumi");
  });

  test("a preview: values that are known only afterwards, and secrets, are unknown", () => {
    const found = resourcesOf(preview);
    const bucket = found.get("aws:s3/bucket:Bucket::orders");
    expect(bucket?.resource.unknown).toEqual([
      "/config/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
      "/config/LoggingConfiguration/DestinationBucketName",
      "/config/Tags/1/Value",
      "/tags/Owner",
    ]);
    const [shown] = bucket === undefined ? [] : view.translate(bucket);
    expect(shown?.properties["tags"]).toEqual({ Tier: "critical", Owner: unknownValue });
    expect(shown?.doubts.get("/tags/Owner")?.message).toBe("a secret, which is not shown here");
    expect(bucket?.locate("/config/BucketName")).toEqual({ file: "program.cjs", line: 21, column: 3 });
  });

  test("satellites are folded into their owner, and stay Pulumi's own resources", () => {
    const owner = resourcesOf(preview).get("aws:s3/bucket:Bucket::public");
    expect(owner?.resource.config).toHaveProperty("BucketPolicy");
    const shown = owner === undefined ? [] : view.translate(owner);
    expect(shown.map(({ urn }) => urn.split("::").slice(2).join("::"))).toEqual([
      "aws:s3/bucket:Bucket::public",
      "aws:s3/bucketPolicy:BucketPolicy::public",
    ]);
    expect(shown[1]?.propertyDependencies.get("bucket")).toEqual([owner?.resource.id]);
  });

  test("a state: policies about the stack see outputs", () => {
    const key = resourcesOf(stack).get("aws:kms/key:Key::data");
    const [shown] = key === undefined ? [] : view.translate(key);
    expect(shown?.properties).not.toHaveProperty("arn");
    expect(shown?.outputs).toMatchObject({ arn: "arn:aws:stand-in:Key:data", enableKeyRotation: true });
  });
});

const bucketState = (inputs: object, rest: object = {}): object => ({
  urn: "urn:pulumi:s::p::aws:s3/bucket:Bucket::b",
  type: "aws:s3/bucket:Bucket",
  custom: true,
  inputs,
  ...rest,
});
const state = (...resources: unknown[]): ParsedDocument =>
  parsed(JSON.stringify({ version: 3, deployment: { manifest: {}, resources } }));

describe("states that others wrote", () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const output = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" };

  test.each<[string, object, object]>([
    ["a secret in plain text", { ...secret, plaintext: '"private"' }, { acl: "private" }],
    ["a secret in plain text that is none", { ...secret, plaintext: "{" }, { acl: unknownValue }],
    ["a secret in cipher", { ...secret, ciphertext: "xyz" }, { acl: unknownValue }],
    ["an output that is known", { ...output, value: "private" }, { acl: "private" }],
    ["an output that is not", output, { acl: unknownValue }],
  ])("%s", (_, acl, expected) => {
    const [item] = readPulumi(state(bucketState({ acl })));
    const [shown] = item?.kind === "resource" ? view.translate(item) : [];
    expect(shown?.properties).toEqual(expected);
  });

  test("keys that JavaScript gives a meaning are data", () => {
    const text = JSON.stringify(state(bucketState({ tags: { x: "1" }, p: 1 })).value);
    const [item] = readPulumi(parsed(text.replace('"x"', '"__proto__"').replace('"p"', '"__proto__"')));
    expect(item?.kind === "resource" && Object.keys(item.resource.tags)).toEqual(["__proto__"]);
    const [shown] = item?.kind === "resource" ? view.translate(item) : [];
    expect(Object.keys(shown?.properties ?? {})).toEqual(["tags", "__proto__"]);
  });

  test("a resource that is being replaced counts once, as it will be", () => {
    const items = readPulumi(
      state(bucketState({ acl: "private" }), bucketState({ acl: "public-read" }, { delete: true })),
    );
    expect(items.map((item) => (item as ScannedResource).resource.config)).toEqual([{ AccessControl: "Private" }]);
  });

  test("a step that takes a resource away is no resource", () => {
    const step = { op: "delete", urn: "urn:pulumi:s::p::aws:s3/bucket:Bucket::b", oldState: bucketState({}) };
    expect(readPulumi(parsed(JSON.stringify({ steps: [step] })))).toEqual([]);
  });

  test("a preview that leaves out what does not change is incomplete, and says what to do", () => {
    const step = { op: "same", urn: "urn:pulumi:s::p::aws:s3/bucket:Bucket::b", newState: bucketState({}) };
    const read = (same: number): ScanItem[] =>
      readPulumi(parsed(JSON.stringify({ steps: [step], changeSummary: { same } })));
    expect(read(1).map(({ kind }) => kind)).toEqual(["resource"]);
    expect(read(3)[0]).toMatchObject({
      problem: "incomplete",
      message: expect.stringMatching(/^2 .*--show-sames/) as string,
    });
  });

  test.each<[string, unknown]>([
    ["no object", 7],
    ["no URN", {}],
    ["a URN that is none", { urn: "urn:other:x" }],
    ["a URN of something else", { urn: { a: 1 } }],
  ])("%s: a problem that says where, and the rest goes on", (_, wrong) => {
    const items: ScanItem[] = readPulumi(state(wrong, bucketState({})));
    expect(items.map(({ kind }) => kind).sort()).toEqual(["problem", "resource"]);
    const problem = items.find((item): item is ScanProblem => item.kind === "problem");
    expect(problem).toMatchObject({ problem: "unreadable", at: "state.json", line: 1 });
    expect(problem?.message).toMatch(/expected urn:pulumi:/);
  });

  test.each<[string, Json, boolean]>([
    ["a preview without changes", { steps: [], changeSummary: { same: 3 } }, true],
    ["steps of something else", { steps: [{ op: "x" }] }, false],
    ["an empty list", { steps: [] }, false],
    ["a deployment of something else", { version: 3, deployment: { replicas: 3 } }, false],
    ["a state", { version: 3, deployment: { manifest: {} } }, true],
  ])("%s", (_, value, expected) => {
    expect(isPulumi(value)).toBe(expected);
  });
});
