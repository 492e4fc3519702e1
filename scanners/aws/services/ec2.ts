import {
  EC2Client,
  GetEbsEncryptionByDefaultCommand,
  paginateDescribeFlowLogs,
  paginateDescribeInstances,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVolumes,
  paginateDescribeVpcs,
  type FlowLog,
  type SecurityGroup,
  type Subnet,
  type Volume,
  type Vpc,
} from "@aws-sdk/client-ec2";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import { accountArn, ec2Arn, lastPart } from "../arn.js";
import { upperCamel, type ConfigItem } from "../config.js";
import { Draft } from "../draft.js";
import { inGroups, itemsOf } from "../paging.js";
import { present } from "../plain.js";
import { explain, UnreadableAnswer } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";
import { describeInstances } from "./ec2-instances.js";
import { rulesOf } from "./ec2-rules.js";

export const ec2: AwsService = {
  service: "ec2",
  scope: "region",
  reads: [
    { types: ["AWS::EC2::Instance"], at: "ec2:DescribeInstances", read: instances, one: instance },
    { types: ["AWS::EC2::Volume"], at: "ec2:DescribeVolumes", read: volumes },
    { types: ["AWS::EC2::SecurityGroup"], at: "ec2:DescribeSecurityGroups", read: securityGroups, one: group },
    { types: ["AWS::EC2::VPC"], at: "ec2:DescribeVpcs", read: vpcs },
    { types: ["AWS::EC2::Subnet"], at: "ec2:DescribeSubnets", read: subnets, one: subnet },
    {
      types: ["AWS::EC2::EbsEncryptionByDefault"],
      at: "ec2:GetEbsEncryptionByDefault",
      read: ebsDefault,
      one: (context) => firstOf(ebsDefault(context)),
    },
  ],
};

const pageSize = 200;

async function* instances(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(EC2Client, context.region);
  const reservations = itemsOf(paginateDescribeInstances({ client, pageSize }, {}), (page) => page.Reservations);
  async function* living() {
    for await (const { Instances = [] } of reservations) {
      yield* Instances.filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down");
    }
  }
  for await (const group of inGroups(living(), 100)) yield* describeInstances(context, group);
}

// A filter, not ids: what is gone is then not in the answer, and no error.

async function instance(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(EC2Client, context.region);
  const Filters = [{ Name: "instance-id", Values: [lastPart(id, "/")] }];
  const found = await firstOf(itemsOf(paginateDescribeInstances({ client }, { Filters }), (page) => page.Reservations));
  const living = (found?.Instances ?? []).filter(
    ({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down",
  );
  return living.length === 0 ? null : firstOf(describeInstances(context, living));
}

async function group(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(EC2Client, context.region);
  const Filters = [{ Name: "group-id", Values: [lastPart(id, "/")] }];
  const found = await firstOf(
    itemsOf(paginateDescribeSecurityGroups({ client }, { Filters }), (page) => page.SecurityGroups),
  );
  return found === null
    ? null
    : securityGroupOf(context, found, draftOf(context, "DescribeSecurityGroups", found, null));
}

async function subnet(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(EC2Client, context.region);
  const Filters = [{ Name: "subnet-id", Values: [lastPart(id, "/")] }];
  const found = await firstOf(itemsOf(paginateDescribeSubnets({ client }, { Filters }), (page) => page.Subnets));
  return found === null ? null : subnetOf(context, found);
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | null> {
  for await (const item of items) return item;
  return null;
}

/** From AWS Config where it knows the type in full, else from EC2. */
async function* recordedOr<T>(
  context: AwsContext,
  type: string,
  from: Recorded<T>,
): AsyncGenerator<{ thing: T; item: ConfigItem | null }> {
  const recorded = await context.recorded(context.region);
  const items = recorded?.covers(type) === true ? await recorded.all(type) : null;
  const things = items?.map((item) => ({ thing: from.thing(item), item })) ?? [];
  // One record of an unknown shape, and none of them is relied on.
  if (things.length > 0 && things.every(({ thing }) => from.isWhole(thing))) yield* things;
  else for await (const thing of from.described) yield { thing, item: null };
}

interface Recorded<T> {
  readonly described: AsyncIterable<T>;
  readonly thing: (item: ConfigItem) => T;
  readonly isWhole: (thing: T) => boolean;
}

function draftOf(context: AwsContext, operation: string, thing: unknown, item: ConfigItem | null): Draft {
  const draft = new Draft(context);
  draft.keep(item === null ? operation : "BatchGetResourceConfig", item ?? thing);
  if (item !== null) draft.recordedAt(item.capturedAt);
  return draft;
}

async function* volumes(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(EC2Client, context.region);
  const described = itemsOf(paginateDescribeVolumes({ client, pageSize }, {}), (page) => page.Volumes);
  const thing = (item: ConfigItem): Volume => upperCamel(item.configuration) as unknown as Volume;
  const isWhole = (volume: Volume): boolean =>
    typeof volume.VolumeId === "string" && typeof volume.Encrypted === "boolean";
  for await (const { thing: volume, item } of recordedOr(context, "AWS::EC2::Volume", { described, thing, isWhole })) {
    yield volumeOf(context, volume, draftOf(context, "DescribeVolumes", volume, item));
  }
}

function volumeOf(context: AwsContext, volume: Volume, draft: Draft): ScannedResource {
  const {
    VolumeId = "",
    Encrypted,
    KmsKeyId,
    Size,
    VolumeType,
    Iops,
    Throughput,
    AvailabilityZone,
    SnapshotId,
    MultiAttachEnabled,
  } = volume;
  draft.refer(
    KmsKeyId,
    ...(volume.Attachments ?? []).map(({ InstanceId }) => InstanceId && ec2Arn(context, "instance", InstanceId)),
  );
  const config = {
    AvailabilityZone,
    Encrypted,
    KmsKeyId,
    Size,
    VolumeType,
    Iops,
    Throughput,
    SnapshotId: SnapshotId === "" ? undefined : SnapshotId,
    MultiAttachEnabled,
  };
  const identity = {
    id: ec2Arn(context, "volume", VolumeId),
    type: "AWS::EC2::Volume",
    name: VolumeId,
    region: context.region,
  };
  return draft.done(identity, config, volume.Tags ?? []);
}

async function* securityGroups(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(EC2Client, context.region);
  const described = itemsOf(paginateDescribeSecurityGroups({ client, pageSize }, {}), (page) => page.SecurityGroups);
  const from = { described, thing: recordedGroup, isWhole: isWholeGroup };
  for await (const { thing: group, item } of recordedOr(context, "AWS::EC2::SecurityGroup", from)) {
    yield securityGroupOf(context, group, draftOf(context, "DescribeSecurityGroups", group, item));
  }
}

function recordedGroup({ configuration }: ConfigItem): SecurityGroup {
  const group = upperCamel(configuration) as unknown as SecurityGroup;
  return {
    ...group,
    IpPermissions: withRanges(group.IpPermissions),
    IpPermissionsEgress: withRanges(group.IpPermissionsEgress),
  };
}

type Permissions = SecurityGroup["IpPermissions"];

/** Config keeps the described ranges as `ipv4Ranges`; its `ipRanges` are bare texts. */
function withRanges(permissions: Permissions): Permissions {
  if (!Array.isArray(permissions)) return undefined;
  return permissions.map((permission: object) => ({
    ...permission,
    IpRanges: (permission as { readonly Ipv4Ranges?: [] }).Ipv4Ranges,
  }));
}

function isWholeGroup({ GroupId, IpPermissions, IpPermissionsEgress }: SecurityGroup): boolean {
  const lists = [IpPermissions, IpPermissionsEgress];
  const hasRanges = lists.every(
    (list) => list?.every(({ IpRanges, Ipv6Ranges }) => Array.isArray(IpRanges) && Array.isArray(Ipv6Ranges)) === true,
  );
  return typeof GroupId === "string" && hasRanges;
}

function securityGroupOf(context: AwsContext, group: SecurityGroup, draft: Draft): ScannedResource {
  const { GroupId = "", GroupName, Description, VpcId, IpPermissions = [], IpPermissionsEgress = [] } = group;
  const ingress = IpPermissions.flatMap((permission) => rulesOf(permission, "Source"));
  const egress = IpPermissionsEgress.flatMap((permission) => rulesOf(permission, "Destination"));
  draft.refer(VpcId && ec2Arn(context, "vpc", VpcId));
  for (const rule of [...ingress, ...egress]) {
    const other = rule["SourceSecurityGroupId"] ?? rule["DestinationSecurityGroupId"];
    if (typeof other === "string") draft.refer(ec2Arn(context, "security-group", other));
  }
  const config = {
    GroupName,
    GroupDescription: Description,
    VpcId,
    SecurityGroupIngress: ingress,
    SecurityGroupEgress: egress,
  };
  const identity = {
    id: ec2Arn(context, "security-group", GroupId, group.OwnerId),
    type: "AWS::EC2::SecurityGroup",
    name: GroupName ?? GroupId,
    region: context.region,
  };
  return draft.done(identity, config, group.Tags ?? []);
}

type FlowLogs = { readonly byVpc: ReadonlyMap<string, readonly FlowLog[]> } | { readonly refused: string };

async function flowLogs(context: AwsContext): Promise<FlowLogs> {
  const client = context.clients.of(EC2Client, context.region);
  const byVpc = new Map<string, FlowLog[]>();
  try {
    for await (const log of itemsOf(paginateDescribeFlowLogs({ client, pageSize }, {}), (page) => page.FlowLogs)) {
      if (log.ResourceId?.startsWith("vpc-") !== true) continue;
      byVpc.set(log.ResourceId, [...(byVpc.get(log.ResourceId) ?? []), log]);
    }
    return { byVpc };
  } catch (error) {
    return { refused: explain(error, "ec2:DescribeFlowLogs") };
  }
}

async function* vpcs(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(EC2Client, context.region);
  let logs: FlowLogs | undefined;
  for await (const vpc of itemsOf(paginateDescribeVpcs({ client, pageSize }, {}), (page) => page.Vpcs)) {
    logs ??= await flowLogs(context);
    yield vpcOf(context, vpc, logs);
  }
}

function vpcOf(context: AwsContext, vpc: Vpc, logs: FlowLogs): ScannedResource {
  const { VpcId = "", CidrBlock, InstanceTenancy } = vpc;
  const draft = new Draft(context);
  draft.keep("DescribeVpcs", vpc);
  const config: { [key: string]: unknown } = { CidrBlock, InstanceTenancy };
  if ("refused" in logs) {
    draft.fail(["/config/FlowLogs"], logs.refused);
  } else {
    const own = logs.byVpc.get(VpcId) ?? [];
    draft.keep("DescribeFlowLogs", own);
    // A log that fails to be delivered is listed all the same, and records nothing.
    config["FlowLogs"] = own
      .filter(({ FlowLogStatus, DeliverLogsStatus }) => FlowLogStatus !== "INACTIVE" && DeliverLogsStatus !== "FAILED")
      .map(flowLogOf);
  }
  const identity = {
    id: ec2Arn(context, "vpc", VpcId, vpc.OwnerId),
    type: "AWS::EC2::VPC",
    name: VpcId,
    region: context.region,
  };
  return draft.done(identity, config, vpc.Tags ?? []);
}

function flowLogOf(log: FlowLog) {
  const {
    ResourceId,
    TrafficType,
    LogDestinationType,
    LogDestination,
    LogGroupName,
    DeliverLogsPermissionArn,
    LogFormat,
    MaxAggregationInterval,
  } = log;
  const destination = {
    LogDestinationType,
    LogDestination,
    LogGroupName,
    DeliverLogsPermissionArn,
    LogFormat,
    MaxAggregationInterval,
  };
  return present({ ResourceId, ResourceType: "VPC", TrafficType, ...destination });
}

async function* subnets(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(EC2Client, context.region);
  for await (const subnet of itemsOf(paginateDescribeSubnets({ client, pageSize }, {}), (page) => page.Subnets)) {
    yield subnetOf(context, subnet);
  }
}

function subnetOf(context: AwsContext, subnet: Subnet): ScannedResource {
  const {
    SubnetId = "",
    VpcId,
    CidrBlock,
    AvailabilityZone,
    MapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation,
    Ipv6Native,
  } = subnet;
  const draft = new Draft(context);
  draft.keep("DescribeSubnets", subnet);
  draft.refer(VpcId && ec2Arn(context, "vpc", VpcId));
  const config = { VpcId, CidrBlock, AvailabilityZone, MapPublicIpOnLaunch, AssignIpv6AddressOnCreation, Ipv6Native };
  const identity = {
    id: ec2Arn(context, "subnet", SubnetId, subnet.OwnerId),
    type: "AWS::EC2::Subnet",
    name: SubnetId,
    region: context.region,
  };
  return draft.done(identity, config, subnet.Tags ?? []);
}

async function* ebsDefault(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(EC2Client, context.region);
  const answer = await client.send(new GetEbsEncryptionByDefaultCommand({}));
  if (typeof answer.EbsEncryptionByDefault !== "boolean")
    throw new UnreadableAnswer("the answer does not say whether it is on");
  const draft = new Draft(context);
  draft.keep("GetEbsEncryptionByDefault", answer);
  const id = accountArn(context, "ec2", "ebs-encryption-by-default", context.region);
  const identity = { id, type: "AWS::EC2::EbsEncryptionByDefault", name: context.region, region: context.region };
  yield draft.done(identity, { EbsEncryptionByDefault: answer.EbsEncryptionByDefault });
}
