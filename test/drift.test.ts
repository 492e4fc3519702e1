// Drift of a live estate (moto) against states in Terraform's real format: none where the state says what is there, whatever the
// words, and exactly what was changed afterwards.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeVolumesCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { PutBucketEncryptionCommand, PutBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { awsTypes, scanAws } from "../scanners/aws/index.js";
import { awsChangeHistory } from "../scanners/aws/change-history.js";
import { unreadByAws } from "../scanners/aws/unread.js";
import { readDesired } from "../scanners/desired/index.js";
import { estateDrift, type EstateDrift } from "../src/inventory/drift/estate-drift.js";
import { own } from "../src/json.js";
import { startMoto, type Moto } from "./servers/moto.js";
import { account, main, seed, type Seeded } from "./servers/moto-seed.js";
import { seededEntries, stateOf } from "./testing/drift-state.js";

let moto: Moto;
let seeded: Seeded;
let file: string;
const before = { ...process.env };

beforeAll(async () => {
  Object.assign(process.env, {
    ...{ AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing", AWS_EC2_METADATA_DISABLED: "true" },
    ...{ AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" },
  });
  moto = await startMoto();
  seeded = await seed(moto.endpoint);
  file = join(mkdtempSync(join(tmpdir(), "portcullis-drift-")), "terraform.tfstate");
  const { Volumes = [] } = await new EC2Client(client()).send(new DescribeVolumesCommand({}));
  const root = Volumes.find(({ Attachments }) => Attachments?.[0]?.InstanceId === seeded.instanceId);
  writeFileSync(file, stateOf(seededEntries(seeded, root?.KmsKeyId ?? "")));
});
afterAll(async () => {
  await moto.stop();
  process.env = before;
});

async function drift(): Promise<EstateDrift> {
  const desired = await readDesired([file], { maxBytes: 1e8, unread: (type) => own(unreadByAws, type) ?? [] });
  expect(desired.problems).toEqual([]);
  const types = new Set(awsTypes());
  const live = scanAws({
    ...{ regions: [main], endpointUrl: moto.endpoint, accounts: [], roleName: null, concurrency: 4 },
    clock: { now: () => new Date(), newId: () => "id" },
  });
  return estateDrift({
    ...{ desired: desired.resources, live, managedOnly: false },
    lookedAt: { provider: "aws", readable: types, types, places: [{ account, regions: [main] }] },
  });
}

const client = () => ({
  endpoint: moto.endpoint,
  region: main,
  credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
});

test("what the state says is there has no drift", async () => {
  const { changed, missing, unknown, unmanaged, counts } = await drift();
  // The networks, subnets and groups that every account comes with are known by the provider's own flag.
  expect(counts.defaults).toBeGreaterThan(5);
  // The second subnet of the balancer, which the state does not have, is not one of them.
  expect(unmanaged.filter(({ type }) => type === "AWS::EC2::Subnet")).toHaveLength(1);
  expect(changed).toEqual([]);
  expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
});

test("where nobody says who changed it, the reason is said", async () => {
  const history = await awsChangeHistory({ endpointUrl: moto.endpoint, roleName: null });
  const subject = {
    id: "arn:aws:s3:::orders",
    address: null,
    provider: "aws",
    type: "AWS::S3::Bucket",
    name: "orders",
  };
  const answer = await history.lastChange({ ...subject, account, region: main, against: "terraform", source: file });
  history.close();
  // The mock server keeps no history of events.
  expect(answer).toEqual({ reason: expect.stringMatching(/cloudtrail:LookupEvents/) as string });
});

test("exactly what was changed is found", async () => {
  const unmanagedBefore = (await drift()).unmanaged.map(({ id }) => id);
  const s3 = new S3Client({ ...client(), forcePathStyle: true });
  const ec2 = new EC2Client(client());
  const sqs = new SQSClient(client());
  const plain = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const } }] };
  await s3.send(new PutBucketEncryptionCommand({ Bucket: "orders", ServerSideEncryptionConfiguration: plain }));
  await s3.send(
    new PutBucketTaggingCommand({ Bucket: "orders", Tagging: { TagSet: [{ Key: "team", Value: "nobody" }] } }),
  );
  const GroupId = seeded.openGroupId;
  const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22 };
  await ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ ...ssh, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      ...{ GroupId, IpPermissions: [{ ...ssh, FromPort: 3389, ToPort: 3389, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] },
    }),
  );
  await sqs.send(new DeleteQueueCommand({ QueueUrl: `${moto.endpoint}/${account}/dead` }));
  await sqs.send(new CreateQueueCommand({ QueueName: "by-hand" }));

  const { changed, missing, unmanaged, unknown, counts } = await drift();
  expect(unknown).toEqual([]);
  expect(missing.map(({ id, address }) => ({ id, address }))).toEqual([
    { id: `arn:aws:sqs:${main}:${account}:dead`, address: "aws_sqs_queue.dead" },
  ]);
  expect(unmanaged.map(({ id }) => id).filter((id) => !unmanagedBefore.includes(id))).toEqual([
    `arn:aws:sqs:${main}:${account}:by-hand`,
  ]);
  expect(changed.map(({ address, changes }) => ({ address, changes }))).toEqual([
    {
      address: "aws_security_group.open",
      changes: [
        {
          path: "/config/SecurityGroupIngress",
          kind: "changed",
          desired: [{ CidrIp: "10.0.0.0/8", FromPort: 22, IpProtocol: "tcp", ToPort: 22 }],
          live: [{ CidrIp: "0.0.0.0/0", FromPort: 3389, IpProtocol: "tcp", ToPort: 3389 }],
        },
      ],
    },
    {
      address: "aws_s3_bucket.orders",
      changes: [
        {
          path: "/config/BucketEncryption",
          kind: "removed",
          desired: {
            ServerSideEncryptionConfiguration: [
              {
                BucketKeyEnabled: true,
                ServerSideEncryptionByDefault: { KMSMasterKeyID: seeded.keyId, SSEAlgorithm: "aws:kms" },
              },
            ],
          },
          live: null,
        },
        { path: "/tags/team", kind: "changed", desired: "orders", live: "nobody" },
      ],
    },
  ]);
  expect(counts.changed).toBe(2);
});
