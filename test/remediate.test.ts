// Live remediations through the gate: planned, decided, run, told of, rolled back; and what must never happen.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { remediationEvents } from "../src/actions/remediation/remediation-events.js";
import type { OpenedActions } from "../src/actions/create-actions.js";
import { settingsOf } from "../src/cli/options.js";
import { createOutput } from "../src/cli/output.js";
import { isLeft, wantedBy } from "../src/cli/remediate-live.js";
import { remediationRequests, type Wanted } from "../src/actions/remediation/remediation-targets.js";
import { liveRemediations, openCloud } from "../remediations/index.js";
import { packPlan } from "../src/cli/pack-plan.js";
import { systemClock } from "../src/clock.js";
import { openActions, openConfiguredStore, prepareRun } from "../src/compose.js";
import { removePack, writePack } from "../src/engine/crossguard/testing/write-pack.js";
import type { Caller } from "../src/audit/trail.js";
import { dataFault } from "../src/events/event-schemas.js";
import type { Store } from "../src/store/store.js";
import { awsEnvironment } from "./servers/aws-environment.js";
import { refusal, startFaultProxy, type FaultProxy } from "./servers/fault-proxy.js";
import { account, FaultyEstate, region, type Faulty } from "./servers/moto-faults.js";
import { startMoto, type Moto } from "./servers/moto.js";
import { recordScan, resource, verdict } from "./testing/store.js";

let moto: Moto;
let proxy: FaultProxy;
let estate: FaultyEstate;
let store: Store;
let actions: OpenedActions;
let caller: Caller;
const dataDir = mkdtempSync(join(tmpdir(), "portcullis-remediate-"));
const restore = awsEnvironment();

beforeAll(async () => {
  moto = await startMoto();
  proxy = await startFaultProxy(moto.endpoint);
  estate = new FaultyEstate(moto.endpoint);
  const settings = settingsOf({ defaultPolicies: true, color: false, progress: false });
  store = await openConfiguredStore({ databaseUrl: undefined, dataDir });
  const setup = { store, config: {}, waiverFiles: [], endpointUrl: proxy.endpoint };
  actions = await openActions(settings, setup);
  caller = await store.audit.caller();
});
afterAll(async () => {
  await actions.close();
  await store.close();
  await proxy.stop();
  await moto.stop();
  rmSync(dataDir, { recursive: true, force: true });
  restore();
});

const ssh = {
  IpProtocol: "tcp",
  FromPort: 22,
  ToPort: 22,
  IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "for now" }],
};
const rulesOf = async ({ id }: Faulty) => {
  const GroupIds = [id.split("/").at(-1)!];
  const { SecurityGroups } = await estate.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
  return SecurityGroups![0]!
    .IpPermissions!.flatMap(({ FromPort, IpRanges = [] }) =>
      IpRanges.map(({ CidrIp, Description }) => `${FromPort} ${CidrIp} ${Description}`),
    )
    .toSorted();
};
const request = (resources: readonly Faulty[], remediation = "aws-ec2-no-public-ssh") =>
  actions.request(
    {
      kind: "remediation.apply",
      reason: "a test",
      parameters: { remediation, account, region, resources: resources.map(({ id, type }) => ({ id, type })) },
    },
    { ...caller.actor, roles: [] },
    caller,
  );

test("one open rule among several is revoked and told of; to open it again needs an approval", async () => {
  const group = await estate.openGroup(ssh);
  const former = await rulesOf(group);
  const asked = await request([group]);
  expect(asked.state, asked.decision.reasons.join()).toBe("ready");
  expect(asked.decision.resolved.map(({ policy }) => policy)).toContain("aws-ec2-no-public-ssh");
  expect(await rulesOf(group), "asking changes nothing").toEqual(former);
  const done = await actions.run(asked.id, caller);
  expect([done.message, done.state]).toEqual([null, "succeeded"]);
  expect(await rulesOf(group)).toEqual(former.filter((rule) => rule !== "22 0.0.0.0/0 for now"));
  const events = remediationEvents(done);
  expect(events.map(({ event }) => dataFault("RemediationCompletedEvent", event.data))).toEqual([null]);
  expect(events[0]!.event).toMatchObject({
    decisionid: done.decision.id,
    data: { result: "succeeded", message: null },
  });
  // It would open the port again: that is for a person to approve.
  const back = await actions.rollback(asked.id, "it was needed", caller);
  expect([back.decision.answer, back.state]).toEqual(["needs-approval", "succeeded"]);
});

test("a rule that somebody else closed meanwhile: decided again, and nothing to do", async () => {
  const group = await estate.openGroup(ssh);
  const asked = await request([group]);
  const GroupId = group.id.split("/").at(-1)!;
  await estate.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] }));
  const before = await rulesOf(group);
  const ended = await actions.run(asked.id, caller);
  expect(ended.state).not.toBe("running");
  expect(ended.plan.steps).toEqual([]);
  expect(await rulesOf(group)).toEqual(before);
});

test("a second open rule that came meanwhile is another plan, not the old one", async () => {
  const group = await estate.openGroup(ssh);
  const asked = await request([group]);
  const other = { ...ssh, IpRanges: [{ CidrIp: "0.0.0.0/1", Description: "half" }] };
  const world = { ...ssh, FromPort: 21, ToPort: 23, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "again" }] };
  const GroupId = group.id.split("/").at(-1)!;
  await estate.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [other, world] }));
  const ended = await actions.run(asked.id, caller);
  expect(ended.decision.id).not.toBe(asked.decision.id);
  expect(await rulesOf(group)).not.toContain("21 0.0.0.0/0 again");
});

test("a refused read is a problem: no step, and denied", async () => {
  const { Bucket, faulty } = await estate.bucket();
  proxy.use({ service: "s3", operation: /publicAccessBlock/, answer: refusal("s3", 403, "AccessDenied", "no") });
  try {
    const asked = await request([faulty], "aws-s3-block-public-access");
    expect(asked.plan.steps).toEqual([]);
    expect(asked.plan.problems.join()).toContain(Bucket);
    expect(asked.state).toBe("denied");
  } finally {
    proxy.use();
  }
});

test("what is protected by its tag is not touched", async () => {
  const group = await estate.openGroup(ssh);
  const Resources = [group.id.split("/").at(-1)!];
  await estate.ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "portcullis:protected", Value: "true" }] }));
  const asked = await request([group]);
  expect(asked.state).not.toBe("ready");
});

test("a resource of another type, a role or an address among the parameters: refused", async () => {
  const group = await estate.openGroup(ssh);
  await expect(request([group], "aws-s3-tls-only")).rejects.toThrow("is for AWS::S3::Bucket");
  await expect(request([group], "no-such")).rejects.toThrow("there is no remediation no-such");
  const parameters = { remediation: "aws-s3-tls-only", account, region, endpointUrl: "http://x", resources: [] };
  const asked = { kind: "remediation.apply", reason: "x", parameters };
  await expect(actions.request(asked, { ...caller.actor, roles: [] }, caller)).rejects.toThrow("parameters");
});

const proposing = (name: string, property: string, value: string): string =>
  `{ name: "${name}", description: "x", enforcementLevel: "remediate",
    validateResource: (args, report) => { if (args.props.${property} !== ${value}) report("wrong"); },
    remediateResource: ({ props }) => { if (props.${property} === ${value}) return undefined; props.${property} = ${value}; return props; } }`;

test("what a policy pack proposes is applied where a live remediation does the same; of everything else it is said why not", async () => {
  const folder = writePack(`new (require("@pulumi/policy").PolicyPack)("own", { policies: [
    ${proposing("protected", "deletionProtection", "true")}, ${proposing("kept", "backupRetentionPeriod", "14")},
    ${proposing("sized", "instanceClass", '"db.m5.large"')}, ${proposing("zones", "multiAz", "true")},
    ${proposing("zone", "multiAz", "false")}, ${proposing("secret", "password", '"hunter2hunter2"')} ] });`);
  const settings = settingsOf({ policy: [folder], defaultPolicies: false, color: false, progress: false });
  const run = await prepareRun(settings);
  const cloud = await openCloud({ endpointUrl: proxy.endpoint, roleName: null, clock: systemClock });
  try {
    const { id, type } = await estate.database();
    const names = ["protected", "kept", "sized", "zones", "zone", "secret"];
    const gone = { policy: "own:kept", resource: { id: `${id}-gone`, type, account, region } };
    const open: Wanted[] = names.map((name) => ({ policy: `own:${name}`, resource: { id, type, account, region } }));
    const sources = { packs: run.packs!, cloud, remediations: liveRemediations };
    const { wanted, unapplied } = await packPlan([...open, gone], sources);
    expect(wanted).toEqual([{ policy: "aws-rds-deletion-protection", resource: { id, type, account, region } }]);
    expect(unapplied.map(({ policy, why }) => `${policy}: ${why}`)).toEqual([
      "own:kept: aws-rds-backup-retention would set /config/BackupRetentionPeriod to 7, and not to 14",
      "own:sized: there is no live remediation that sets /config/DBInstanceClass",
      "own:zones: own:zone wants /multiAz to be false, and this policy wants /multiAz to be true: they would undo each other",
      "own:zone: own:zones wants /multiAz to be true, and this policy wants /multiAz to be false: they would undo each other",
      "own:secret: password is not among what is read of such resources",
    ]);
    expect(JSON.stringify(unapplied)).not.toContain("hunter2");
    const [wish, ...others] = remediationRequests(wanted, liveRemediations, "a test");
    expect(others).toEqual([]);
    const asked = await actions.request(wish!, { ...caller.actor, roles: [] }, caller);
    expect(asked.state, asked.decision.reasons.join()).toBe("ready");
    expect((await actions.run(asked.id, caller)).state).toBe("succeeded");
    const again = await packPlan(open, sources);
    expect([again.wanted, again.unapplied.filter(({ policy }) => policy === "own:protected")]).toEqual([[], []]);
    proxy.use({
      service: "rds",
      operation: /DescribeDBInstances/,
      answer: refusal("query", 403, "AccessDenied", "no"),
    });
    const unread = await packPlan(open, sources);
    expect([unread.wanted, unread.unapplied.map(({ isUnread }) => isUnread)]).toEqual([[], [true]]);
  } finally {
    proxy.use();
    cloud.close();
    await run.packs?.close();
    removePack(folder);
  }
});

test("a waived failure is not put right, by its resource neither", async () => {
  const id = `arn:aws:ec2:${region}:${account}:security-group/sg-waived`;
  const group = resource(id, { type: "AWS::EC2::SecurityGroup", account, region });
  const policy = "aws-ec2-no-public-ssh";
  const made = verdict(group, "waived", "/config/SecurityGroupIngress/0", { policy });
  const waiver = { ...made.waiver!, expires: new Date(Date.now() + 86_400_000).toISOString() };
  await recordScan(store, {
    ...{ resources: [group], verdicts: [{ ...made, waiver }], problems: [], complete: false },
  });
  const output = createOutput({ color: false, progress: false, quiet: true });
  const flags = { resource: id, policyId: [policy], format: "table", defaultPolicies: true, apply: true } as const;
  const wanted = wantedBy(flags, { store, remediations: liveRemediations, output });
  await expect(wanted).rejects.toThrow("is waived, and only what is open is put right");
});

test("a named finding that no live remediation is for is not done", () => {
  const id = `arn:aws:ec2:${region}:${account}:security-group/sg-1`;
  const one = (policy: string) => ({ policy, resource: { id, type: "AWS::EC2::SecurityGroup", account, region } });
  const isDone = (policies: readonly string[], finding?: readonly string[]) =>
    !isLeft(policies.map(one), finding === undefined ? {} : { finding }, liveRemediations);
  expect(isDone(["aws-ec2-no-public-ssh"], ["1"])).toBe(true);
  expect(isDone(["aws-ec2-no-public-ssh", "aws-none"], ["1", "2"])).toBe(false);
  expect(isDone(["aws-none"])).toBe(true);
});
