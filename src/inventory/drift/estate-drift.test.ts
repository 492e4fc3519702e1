import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../json.js";
import type { ScanItem, ScannedResource, ScanProblem } from "../scan-item.js";
import type { DesiredResource } from "./drift.js";
import { estateDrift, type EstateDrift } from "./estate-drift.js";

const account = "111111111111";
const region = "eu-west-1";
const queue = "AWS::SQS::Queue";
const types = new Set([queue, "AWS::EC2::VPC", "AWS::IAM::User"]);

function seen(
  type: string,
  id: string,
  rest: { config?: JsonObject; raw?: Json; name?: string } = {},
): ScannedResource {
  const source = { scanner: "aws", uri: null, line: null, column: null, capturedAt: null };
  const resource = {
    ...{ id, provider: "aws", type, name: rest.name ?? null, account, region, tags: {}, config: rest.config ?? {} },
    ...{ unknown: [], raw: rest.raw ?? {}, source },
  };
  return { kind: "resource", resource, failures: [] } as unknown as ScannedResource;
}

function wanted(type: string, id: string | null, rest: Partial<DesiredResource> = {}): DesiredResource {
  return {
    ...{ address: `address of ${id ?? ""}`, id, provider: "aws", type, name: null, account, region, tags: {} },
    ...{ config: {}, coverage: "all", unknown: [], secrets: [], redacted: false, against: "terraform", source: "s" },
    ...rest,
  };
}

function drift(
  desired: readonly DesiredResource[],
  live: readonly ScanItem[],
  places: readonly { account: string; regions: string[] }[] = [{ account, regions: [region] }],
): Promise<EstateDrift> {
  const lookedAt = { provider: "aws", readable: types, types: new Set([queue, "AWS::EC2::VPC"]), places };
  return estateDrift({ desired, live, lookedAt, managedOnly: false });
}

const arn = (name: string): string => `arn:aws:sqs:${region}:${account}:${name}`;

describe("only the provider's own word makes a default", () => {
  const ec2 = (rest: string): string => `arn:aws:ec2:${region}:${account}:${rest}`;
  const self = { IpProtocol: "-1", SourceSecurityGroupId: "sg-1" };
  const everywhere = { IpProtocol: "-1", CidrIp: "0.0.0.0/0" };
  const group = (GroupName: string, ingress: JsonObject[]): ScannedResource =>
    seen("AWS::EC2::SecurityGroup", ec2("security-group/sg-1"), {
      config: { GroupName, SecurityGroupIngress: ingress, SecurityGroupEgress: [everywhere] },
    });
  const range = { CidrBlock: "172.31.0.0/16" };
  test.each<readonly [string, ScannedResource, boolean]>([
    ["a network's flag", seen("AWS::EC2::VPC", ec2("vpc/1"), { raw: { DescribeVpcs: { IsDefault: true } } }), true],
    ["a network's range", seen("AWS::EC2::VPC", ec2("vpc/1"), { config: range, raw: { DescribeVpcs: range } }), false],
    ["a flag that is not the provider's", seen("AWS::EC2::VPC", ec2("vpc/1"), { config: { IsDefault: true } }), false],
    [
      ...([
        "a subnet's flag",
        seen("AWS::EC2::Subnet", ec2("subnet/1"), { raw: { DescribeSubnets: { DefaultForAz: true } } }),
      ] as const),
      true,
    ],
    ["a subnet's range", seen("AWS::EC2::Subnet", ec2("subnet/1"), { config: { CidrBlock: "172.31.0.0/20" } }), false],
    ["the default group", group("default", [self]), true],
    ["the default group, opened", group("default", [self, { ...everywhere, IpProtocol: "tcp" }]), false],
    ["another group", group("other", [self]), false],
    ["a service's role", seen("AWS::IAM::Role", `arn:aws:iam::${account}:role/aws-service-role/a/b`), true],
    ["a path like it", seen("AWS::IAM::Role", `arn:aws:iam::${account}:role/x:role/aws-service-role/b`), false],
    ["a policy of AWS", seen("AWS::IAM::ManagedPolicy", "arn:aws:iam::aws:policy/A"), true],
    [
      "a path like it, of a policy",
      seen("AWS::IAM::ManagedPolicy", `arn:aws:iam::${account}:policy/x:aws:policy/A`),
      false,
    ],
    ["a key of AWS", seen("AWS::KMS::Key", ec2("key/1"), { config: { KeyManager: "AWS" } }), true],
    ["a key of ours", seen("AWS::KMS::Key", ec2("key/1"), { config: { KeyManager: "CUSTOMER" } }), false],
    ["anything else", seen(queue, arn("default")), false],
  ])("%s", async (_, item, isDefault) => {
    const { counts } = await drift([], [item]);
    expect(counts).toMatchObject(isDefault ? { defaults: 1, unmanaged: 0 } : { defaults: 0, unmanaged: 1 });
  });
});

function problem(rest: Partial<ScanProblem>): ScanProblem {
  const base = { kind: "problem", problem: "incomplete", message: "denied", at: "aws", line: null };
  return { ...base, hides: [], account: null, region: null, ...rest } as unknown as ScanProblem;
}

describe("what is not seen is missing only where it would have been seen", () => {
  const one = wanted(queue, arn("a"));
  type Places = readonly { account: string; regions: string[] }[];
  test.each<readonly [string, DesiredResource, readonly ScanItem[], Places | undefined, string | null]>([
    ["looked at", one, [], undefined, null],
    ["a list that was refused", one, [problem({ hides: [queue] })], undefined, "denied"],
    ["an account that was refused", one, [problem({ account })], undefined, "denied"],
    ["a refusal elsewhere", one, [problem({ account: "222222222222" })], undefined, null],
    ["a refusal of something else", one, [problem({ hides: ["AWS::EC2::VPC"] })], undefined, null],
    [
      "another account",
      one,
      [],
      [{ account: "222222222222", regions: [region] }],
      `account ${account} was not looked at`,
    ],
    ["another region", one, [], [{ account, regions: ["us-east-1"] }], `region ${region} was not looked at`],
    [
      ...(["a type that nobody reads", wanted("aws_thing", null), [], undefined] as const),
      "resources of type aws_thing are not read",
    ],
    [
      ...(["neither a name nor an id", wanted(queue, null), [], undefined] as const),
      "the desired state has neither its id nor its name",
    ],
  ])("%s", async (_, desired, live, places, reason) => {
    const { missing, unknown } = await drift([desired], live, places);
    expect(unknown.map(({ parts }) => parts[0]?.reason)).toEqual(reason === null ? [] : [reason]);
    expect(missing).toHaveLength(reason === null ? 1 : 0);
  });

  test("services that were left out are outside", async () => {
    const { counts } = await drift([wanted("AWS::IAM::User", `arn:aws:iam::${account}:user/a`)], []);
    expect(counts).toMatchObject({ outside: 1, missing: 0, unknown: 0 });
  });
});

describe("who is who", () => {
  const config = { DelaySeconds: 5 };
  test("the id decides, and another type with it is another thing", async () => {
    const { counts } = await drift(
      [wanted(queue, arn("a"), { config })],
      [seen("AWS::EC2::VPC", arn("a"), { config })],
    );
    expect(counts).toMatchObject({ same: 0, missing: 1, unmanaged: 1 });
  });

  test("without an id the name decides, where it is one", async () => {
    const named = wanted(queue, null, { name: "a", config });
    expect((await drift([named], [seen(queue, arn("a"), { name: "a", config })])).counts).toMatchObject({ same: 1 });
    expect((await drift([named], [seen(queue, arn("b"), { name: "b", config })])).counts).toMatchObject({ missing: 1 });
  });

  test("what could be several is none of them", async () => {
    const named = wanted(queue, null, { name: "a", account: null, region: null, config });
    const { counts } = await drift(
      [named],
      [seen(queue, arn("a"), { name: "a", config }), seen(queue, `${arn("x")}:a`, { name: "a", config })],
    );
    expect(counts.unknown).toBeGreaterThan(0);
    const twice = await drift([named, { ...named, address: "b" }], [seen(queue, arn("a"), { name: "a", config })]);
    expect(twice.counts).toMatchObject({ same: 0, unknown: 3 });
  });

  test("wanted twice is said", async () => {
    const one = wanted(queue, arn("a"), { config });
    const { counts } = await drift([one, { ...one, source: "t" }], [seen(queue, arn("a"), { config })]);
    expect(counts).toMatchObject({ same: 1, unknown: 1 });
  });
});
