// Every live remediation against a real moto server: wrong, planned, put right, verified, and back to exactly what it was.
import { DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { liveRemediations, openCloud } from "../remediations/index.js";
import type { ActionContext, ActionKind } from "../src/actions/action.js";
import { judgeShipped } from "../src/actions/remediation/judge-policies.js";
import type { StepData } from "../src/actions/remediation/plan-resource.js";
import { createRemediationKind } from "../src/actions/remediation/remediation-kind.js";
import type { LiveCloud } from "../src/actions/remediation/remediation.js";
import { systemClock } from "../src/clock.js";
import type { Json } from "../src/json.js";
import { awsEnvironment } from "./servers/aws-environment.js";
import { refusal, startFaultProxy, type FaultProxy } from "./servers/fault-proxy.js";
import { account, FaultyEstate, type Faulty } from "./servers/moto-faults.js";
import { startMoto, type Moto } from "./servers/moto.js";

const tcp = (port: number, last = port) => ({ IpProtocol: "tcp", FromPort: port, ToPort: last });
const world = { IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "for now" }], Ipv6Ranges: [{ CidrIpv6: "::/0" }] };

/** What makes the resource; null where what is there has no way back. */
const faults: Record<string, (estate: FaultyEstate) => Promise<Faulty>> = {
  "aws-cloudtrail-is-logging": (estate) => estate.trail(),
  "aws-cloudtrail-log-validation": (estate) => estate.trail(),
  "aws-cloudtrail-multi-region": (estate) => estate.trail(),
  "aws-dynamodb-deletion-protection": (estate) => estate.table(),
  "aws-dynamodb-point-in-time-recovery": (estate) => estate.table(),
  "aws-ec2-default-security-group-closed": (estate) => estate.defaultGroup(),
  "aws-ec2-ebs-encryption-by-default": (estate) => estate.ebsDefault(),
  "aws-ec2-imdsv2-required": (estate) => estate.instance(),
  "aws-ec2-no-public-database-ports": (estate) => estate.openGroup({ ...tcp(5432), ...world }),
  "aws-ec2-no-public-rdp": (estate) => estate.openGroup({ ...tcp(3389), ...world }),
  "aws-ec2-no-public-ssh": (estate) => estate.openGroup({ ...tcp(20, 25), ...world }),
  "aws-ec2-no-unrestricted-ingress": (estate) => estate.openGroup({ IpProtocol: "-1", ...world }),
  "aws-ec2-subnet-no-auto-public-ip": (estate) => estate.publicSubnet(),
  "aws-elbv2-deletion-protection": (estate) => estate.balancer(),
  "aws-elbv2-drop-invalid-headers": (estate) => estate.balancer(),
  "aws-elbv2-tls-policy": (estate) => estate.listener(),
  "aws-iam-password-policy-complexity": (estate) => estate.passwords(true),
  "aws-iam-password-policy-length": (estate) => estate.passwords(true),
  "aws-iam-password-policy-reuse": (estate) => estate.passwords(true),
  "aws-kms-rotation-enabled": (estate) => estate.key(),
  "aws-lambda-no-public-permission": (estate) => estate.publicLambda(),
  "aws-rds-backup-retention": (estate) => estate.database(),
  "aws-rds-cluster-deletion-protection": (estate) => estate.cluster(),
  "aws-rds-deletion-protection": (estate) => estate.database(),
  "aws-rds-iam-authentication": (estate) => estate.database(),
  "aws-rds-minor-version-upgrade": (estate) => estate.database(),
  "aws-rds-multi-az": (estate) => estate.database(),
  "aws-rds-no-public-access": (estate) => estate.database(),
  "aws-s3-block-public-access": (estate) => estate.halfBlockedBucket(),
  "aws-s3-kms-encryption": (estate) => estate.aesBucket(),
  "aws-s3-no-public-acl": (estate) => estate.publicBucket(),
  "aws-s3-tls-only": (estate) => estate.bucketWithPolicy(),
  "aws-s3-versioning-enabled": (estate) => estate.suspendedBucket(),
  "aws-sns-kms-encrypted": (estate) => estate.topic(),
  "aws-sqs-encrypted": (estate) => estate.queue(),
};

let moto: Moto;
let proxy: FaultProxy;
let estate: FaultyEstate;
let cloud: LiveCloud;
let kind: ActionKind;
const restore = awsEnvironment();
const context: ActionContext = { action: "A-1", say: () => undefined, signal: new AbortController().signal };

beforeAll(async () => {
  moto = await startMoto();
  proxy = await startFaultProxy(moto.endpoint);
  estate = new FaultyEstate(moto.endpoint);
  cloud = await openCloud({ endpointUrl: proxy.endpoint, roleName: null, clock: systemClock });
  kind = createRemediationKind({
    remediations: liveRemediations,
    cloud: () => Promise.resolve(cloud),
    judge: judgeShipped({}),
    canary: 1,
    countOf: () => Promise.resolve(null),
    waiting: { firstPauseMs: 20, longestPauseMs: 100, longestMs: 3_000 },
  });
});
afterAll(async () => {
  cloud.close();
  await proxy.stop();
  await moto.stop();
  restore();
});

const planOf = (remediation: string, faulty: readonly Faulty[]) => {
  const region = faulty[0]?.region ?? null;
  const resources = faulty.map(({ id, type }) => ({ id, type }));
  return kind.plan({ remediation, account, region, resources }, context);
};

/** Times of what was read; and which of two equal things comes first, which no cloud promises. */
function stable(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => stable(one)).toSorted(byText);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(
    ([key]) => !/(Time|Date|Modified|Timestamp|RevisionId|TimeLoggingSt\w+)$/.test(key),
  );
  return Object.fromEntries(members.map(([key, member]) => [key, stable(member)]));
}
const byText = (a: Json, b: Json): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

async function stateOf(faulty: Faulty) {
  const scanned = await cloud.read({ ...faulty, name: null, account });
  expect(scanned, faulty.id).not.toBeNull();
  const { config, raw, tags } = scanned!.resource;
  return stable({ config, raw, tags });
}

test("each remediation is tried", () => {
  expect(Object.keys(faults).toSorted()).toEqual(liveRemediations.map(({ id }) => id).toSorted());
  expect(liveRemediations.length).toBeGreaterThanOrEqual(25);
});

/** What a call that was cut off after it did its work makes: the same call once more. moto alone has a permission twice then. */
const writeAgain = ({ remediation, place, value }: StepData) =>
  remediation === "aws-lambda-no-public-permission" ? Promise.resolve() : cloud.write(remediation, place, value);

describe("wrong, right, and as it was", () => {
  test.each(Object.keys(faults).toSorted())("%s", async (id) => {
    const faulty = await faults[id]!(estate);
    const former = await stateOf(faulty);
    const plan = await planOf(id, [faulty]);
    expect(plan.problems).toEqual([]);
    expect(plan.steps).toHaveLength(1);
    const step = plan.steps[0]!;

    await kind.apply(step, context);
    await writeAgain(step.apply as StepData);
    const reasons = id === "aws-dynamodb-point-in-time-recovery" ? [expect.stringContaining("other properties")] : [];
    expect(await kind.verify(plan, [step], context)).toMatchObject({ verified: true, reasons });
    const again = await planOf(id, [faulty]);
    expect([again.steps, again.problems]).toEqual([[], []]);

    expect(step.rollback).not.toBeNull();
    await kind.rollback(step, context);
    await writeAgain(step.rollback as StepData);
    expect(await planOf(id, [faulty]).then(({ steps }) => steps), "the same world, the same plan").toEqual(plan.steps);
    expect(await stateOf(faulty)).toEqual(former);
  });
});

test("what is there and what was done already is left alone, and is no success before", async () => {
  const faulty = await estate.queue();
  const plan = await planOf("aws-sqs-encrypted", [faulty]);
  const step = plan.steps[0]!;
  expect(await kind.inspect(step, context)).toBe("before");
  expect((await kind.verify(plan, [step], context)).verified).toBe(false);
  for (let time = 0; time < 2; time++) await kind.apply(step, context);
  expect(await kind.inspect(step, context)).toBe("after");
  for (let time = 0; time < 2; time++) await kind.rollback(step, context);
  expect(await kind.inspect(step, context)).toBe("before");
});

test("refused between two calls of one step: known as such, and it comes back whole", async () => {
  const faulty = await estate.defaultGroup();
  const former = await stateOf(faulty);
  const step = (await planOf("aws-ec2-default-security-group-closed", [faulty])).steps[0]!;
  const no = refusal("ec2", 403, "UnauthorizedOperation", "no");
  proxy.use({ service: "ec2", operation: "RevokeSecurityGroupEgress", answer: no });
  await expect(kind.apply(step, context)).rejects.toThrow("allow the IAM action ec2:RevokeSecurityGroupEgress");
  proxy.use();
  expect(await kind.inspect(step, context)).toBe("between");
  await kind.rollback(step, context);
  expect(await stateOf(faulty)).toEqual(former);
});

test("gone while it is written: not waited for", async () => {
  const faulty = await estate.queue();
  const step = (await planOf("aws-sqs-encrypted", [faulty])).steps[0]!;
  const sqs = new SQSClient(estate.config);
  const gone = { status: 200, type: "application/x-amz-json-1.0", body: "{}" };
  proxy.use({ service: "sqs", operation: "SetQueueAttributes", answer: () => gone });
  const QueueUrl = `${moto.endpoint}/${account}/${faulty.id.split(":").at(-1)!}`;
  const applied = kind.apply(step, context);
  applied.catch(() => undefined);
  await vi.waitFor(() => {
    expect(proxy.count("sqs", "SetQueueAttributes")).toBe(1);
  });
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await expect(applied).rejects.toThrow("it is not there any more");
  proxy.use();
});
