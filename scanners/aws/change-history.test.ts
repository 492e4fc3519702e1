// Who changed it. The SDK's own client is used; what it would send is answered by a fake CloudTrail in its middleware, since the
// mock server keeps no event history.
import { CloudTrailClient, type Event, type LookupEventsCommandInput } from "@aws-sdk/client-cloudtrail";
import { expect, test } from "vitest";
import type { DriftSubject } from "../../src/inventory/drift/estate-drift.js";
import { changesIt } from "./change-event.js";
import { lookUp } from "./change-history.js";

const subject: DriftSubject = {
  ...{ id: "arn:aws:s3:::orders", address: null, provider: "aws", type: "AWS::S3::Bucket", name: "orders" },
  ...{ account: "111111111111", region: "eu-west-1", against: "terraform", source: "s" },
};

interface Page {
  readonly Events?: Event[];
  readonly NextToken?: string;
}

/** Pages by the name that is asked for. */
async function asked(pages: { readonly [name: string]: readonly Page[] }) {
  const calls: string[] = [];
  const client = new CloudTrailClient({ region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  client.middlewareStack.add(
    () => (args) => {
      const { LookupAttributes, NextToken } = args.input as LookupEventsCommandInput;
      const name = LookupAttributes?.[0]?.AttributeValue ?? "";
      calls.push(name);
      const page = pages[name]?.[Number(NextToken ?? 0)] ?? {};
      return Promise.resolve({ output: { $metadata: {}, ...page }, response: {} });
    },
    { step: "initialize" },
  );
  const clients = { of: () => client } as unknown as Parameters<typeof lookUp>[0];
  return { answer: await lookUp(clients, "eu-west-1", subject), calls };
}

const time = new Date("2026-01-01T00:00:00Z");

function event(name: string, record: object, rest: Partial<Event> = {}): Event {
  const base = { EventName: name, EventSource: "s3.amazonaws.com", EventTime: time, ReadOnly: "false" };
  return { ...base, CloudTrailEvent: JSON.stringify(record), ...rest };
}

const ada = { userIdentity: { arn: "arn:aws:iam::111111111111:user/ada" }, sourceIPAddress: "192.0.2.1" };
const byAda = {
  by: ada.userIdentity.arn,
  at: "2026-01-01T00:00:00.000Z",
  event: "s3:PutBucketPolicy",
  from: "192.0.2.1",
};
const none = { reason: "CloudTrail has no event of the last 90 days that changed it" };
const put = event("PutBucketPolicy", ada);

test.each<readonly [string, { readonly [name: string]: readonly Page[] }, object]>([
  ["the newest write", { orders: [{ Events: [put, event("DeleteBucketPolicy", ada)] }] }, byAda],
  [
    "reads changed nothing",
    { orders: [{ Events: [event("GetBucketPolicy", ada, { ReadOnly: "true" }), put] }] },
    byAda,
  ],
  [
    "what was refused changed nothing",
    { orders: [{ Events: [event("X", { ...ada, errorCode: "AccessDenied" }), put] }] },
    byAda,
  ],
  ["on a later page", { orders: [{ Events: [], NextToken: "1" }, { Events: [put] }] }, byAda],
  ["by its ARN", { "arn:aws:s3:::orders": [{ Events: [put] }] }, byAda],
  ["nobody", {}, none],
  [
    "too many pages",
    { orders: [0, 1, 2, 3].map((n) => (n < 3 ? { NextToken: String(n + 1) } : { Events: [put] })) },
    none,
  ],
  [
    "a service",
    { orders: [{ Events: [event("PutBucketPolicy", { userIdentity: { invokedBy: "config.amazonaws.com" } })] }] },
    { ...byAda, by: "config.amazonaws.com", from: null },
  ],
  [
    "a record that is no JSON",
    { orders: [{ Events: [event("PutBucketPolicy", {}, { CloudTrailEvent: "{", Username: "ada" })] }] },
    { ...byAda, by: "ada", from: null },
  ],
])("%s", async (_, pages, expected) => {
  expect((await asked(pages)).answer).toEqual(expected);
});

test("each name is asked for once", async () => {
  expect((await asked({})).calls).toEqual(["orders", "arn:aws:s3:::orders"]);
});

test("the newest of all names", async () => {
  const older = event("PutBucketTagging", ada, { EventTime: new Date("2025-12-01T00:00:00Z") });
  const { answer } = await asked({ orders: [{ Events: [older] }], "arn:aws:s3:::orders": [{ Events: [put] }] });
  expect(answer).toEqual(byAda);
});

const named = (...types: string[]) => ({
  Resources: types.map((ResourceType) => ({ ResourceName: "orders", ResourceType })),
});
const by = (source: string, name: string, ...types: string[]) =>
  event(name, ada, { EventSource: `${source}.amazonaws.com`, ...named(...types) });

test.each<readonly [string, string, Event, boolean]>([
  ["a bucket, its policy", "AWS::S3::Bucket", by("s3", "PutBucketPolicy", "AWS::S3::Bucket"), true],
  ["a queue of the same name", "AWS::S3::Bucket", by("sqs", "SetQueueAttributes"), false],
  ["a user of the role's name", "AWS::IAM::Role", by("iam", "PutUserPolicy", "AWS::IAM::User"), false],
  ["a role, a policy attached", "AWS::IAM::Role", by("iam", "AttachRolePolicy", "AWS::IAM::Role"), true],
  ["a policy that was attached", "AWS::IAM::ManagedPolicy", by("iam", "AttachRolePolicy", "AWS::IAM::Policy"), false],
  ["a policy", "AWS::IAM::ManagedPolicy", by("iam", "CreatePolicyVersion", "AWS::IAM::Policy"), true],
  [
    "a group that an instance starts with",
    "AWS::EC2::SecurityGroup",
    by("ec2", "RunInstances", "AWS::EC2::SecurityGroup"),
    false,
  ],
  ["a group that is opened", "AWS::EC2::SecurityGroup", by("ec2", "AuthorizeSecurityGroupIngress"), true],
  ["a group's tags", "AWS::EC2::SecurityGroup", by("ec2", "DeleteTags"), true],
  ["a key that is lent", "AWS::KMS::Key", by("kms", "CreateGrant"), false],
  ["a balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", by("elasticloadbalancing", "SetSubnets"), true],
  [
    "another account's",
    "AWS::S3::Bucket",
    event("PutBucketAcl", { ...ada, recipientAccountId: "222222222222" }),
    false,
  ],
  ["another region's", "AWS::S3::Bucket", event("PutBucketAcl", { ...ada, awsRegion: "us-east-1" }), false],
  ["this region's", "AWS::S3::Bucket", event("PutBucketAcl", { ...ada, awsRegion: "eu-west-1" }), true],
])("%s", (_, type, one, expected) => {
  expect(changesIt(one, { ...subject, type }, ["orders"])).toBe(expected);
});
