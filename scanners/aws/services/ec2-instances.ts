import {
  DescribeInstanceAttributeCommand,
  EC2Client,
  paginateDescribeVolumes,
  type Instance,
  type InstanceAttributeName,
  type InstanceNetworkInterface,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { ec2Arn } from "../arn.js";
import { describeEach, Draft } from "../draft.js";
import { itemsOf } from "../paging.js";
import { present, presentOrNone } from "../plain.js";
import { explain } from "../refusal.js";
import type { AwsContext } from "../service.js";

/** Describes a group of instances; their volumes, which say what is encrypted, are asked for together. */
export async function* describeInstances(
  context: AwsContext,
  instances: readonly Instance[],
): AsyncGenerator<ScannedResource> {
  const volumes = await volumesOf(context, instances);
  yield* describeEach(context, instances, (instance) => describeInstance(context, instance, volumes));
}

interface Volumes {
  readonly byId: ReadonlyMap<string, Volume>;
  readonly refused: string | null;
}

const idsPerFilter = 200;

async function volumesOf(context: AwsContext, instances: readonly Instance[]): Promise<Volumes> {
  const client = context.clients.of(EC2Client, context.region);
  const ids = instances.flatMap((instance) =>
    (instance.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []),
  );
  const byId = new Map<string, Volume>();
  try {
    for (let start = 0; start < ids.length; start += idsPerFilter) {
      // A filter, not VolumeIds: one volume that is gone would fail the whole call.
      const Filters = [{ Name: "volume-id", Values: ids.slice(start, start + idsPerFilter) }];
      const pages = paginateDescribeVolumes({ client, pageSize: 200 }, { Filters });
      for await (const volume of itemsOf(pages, (page) => page.Volumes))
        if (volume.VolumeId !== undefined) byId.set(volume.VolumeId, volume);
    }
    return { byId, refused: null };
  } catch (error) {
    return { byId, refused: explain(error, "ec2:DescribeVolumes") };
  }
}

async function describeInstance(context: AwsContext, instance: Instance, volumes: Volumes): Promise<ScannedResource> {
  const draft = new Draft(context);
  draft.keep("DescribeInstances", instance);
  const { InstanceId = "" } = instance;
  const config = {
    ...simpleProperties(instance),
    ...networkProperties(instance),
    BlockDeviceMappings: blockDevices(instance, volumes, draft),
    DisableApiTermination: (await attribute(context, draft, InstanceId, "disableApiTermination"))?.DisableApiTermination
      ?.Value,
    UserData: await userData(context, draft, InstanceId),
  };
  draft.refer(
    ...referencesOf(context, instance),
    ...[...volumes.byId.values()].filter(isAttachedTo(InstanceId)).map(({ KmsKeyId }) => KmsKeyId),
  );
  const identity = {
    id: ec2Arn(context, "instance", InstanceId),
    type: "AWS::EC2::Instance",
    name: InstanceId,
    region: context.region,
  };
  return draft.done(identity, config, instance.Tags ?? []);
}

function simpleProperties(instance: Instance): JsonObject {
  const { ImageId, InstanceType, KeyName, EbsOptimized, Placement, SourceDestCheck, MetadataOptions, Monitoring } =
    instance;
  return present({
    ImageId,
    InstanceType,
    KeyName,
    EbsOptimized,
    SourceDestCheck,
    AvailabilityZone: Placement?.AvailabilityZone,
    Tenancy: Placement?.Tenancy,
    Monitoring:
      Monitoring?.State === undefined ? undefined : Monitoring.State === "enabled" || Monitoring.State === "pending",
    IamInstanceProfile: instance.IamInstanceProfile?.Arn?.split("/").at(-1),
    HibernationOptions: presentOrNone({ ...instance.HibernationOptions }),
    EnclaveOptions: presentOrNone({ ...instance.EnclaveOptions }),
    MetadataOptions: MetadataOptions && metadataOptions(MetadataOptions),
  });
}

function metadataOptions(options: NonNullable<Instance["MetadataOptions"]>): JsonObject {
  const { HttpTokens, HttpEndpoint, HttpPutResponseHopLimit, HttpProtocolIpv6, InstanceMetadataTags } = options;
  return present({ HttpTokens, HttpEndpoint, HttpPutResponseHopLimit, HttpProtocolIpv6, InstanceMetadataTags });
}

function networkProperties({ SubnetId, SecurityGroups, NetworkInterfaces, PrivateIpAddress }: Instance): JsonObject {
  return present({
    SubnetId,
    PrivateIpAddress,
    SecurityGroupIds: (SecurityGroups ?? []).map(({ GroupId }) => GroupId),
    NetworkInterfaces: (NetworkInterfaces ?? []).map(networkInterface),
  });
}

function networkInterface(one: InstanceNetworkInterface): JsonObject {
  const { NetworkInterfaceId, SubnetId, Groups, Attachment, Association, Description } = one;
  return present({
    NetworkInterfaceId,
    DeviceIndex: Attachment?.DeviceIndex === undefined ? undefined : String(Attachment.DeviceIndex),
    AssociatePublicIpAddress: Association?.PublicIp !== undefined,
    DeleteOnTermination: Attachment?.DeleteOnTermination,
    Description: Description === "" ? undefined : Description,
    SubnetId,
    GroupSet: (Groups ?? []).map(({ GroupId }) => GroupId),
  });
}

/** A volume that could not be looked at is neither encrypted nor not. */
function blockDevices({ BlockDeviceMappings = [] }: Instance, { byId, refused }: Volumes, draft: Draft): JsonObject[] {
  return BlockDeviceMappings.map(({ DeviceName, Ebs }, index) => {
    const volume = byId.get(Ebs?.VolumeId ?? "");
    if (volume === undefined)
      draft.fail([`/config/BlockDeviceMappings/${index}/Ebs`], refused ?? "the volume was not listed");
    const { Encrypted, KmsKeyId, VolumeSize, VolumeType, Iops, SnapshotId } = { ...volume, VolumeSize: volume?.Size };
    const own = {
      DeleteOnTermination: Ebs?.DeleteOnTermination,
      SnapshotId: SnapshotId === "" ? undefined : SnapshotId,
    };
    return present({ DeviceName, Ebs: present({ ...own, Encrypted, KmsKeyId, VolumeSize, VolumeType, Iops }) });
  });
}

async function attribute(context: AwsContext, draft: Draft, id: string, Attribute: InstanceAttributeName) {
  const client = context.clients.of(EC2Client, context.region);
  const call = () => client.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
  const pointer = `/config/${Attribute.charAt(0).toUpperCase()}${Attribute.slice(1)}`;
  return await draft.ask(`ec2:DescribeInstanceAttribute`, {
    pointers: [pointer],
    call,
    gone: ["InvalidInstanceID.NotFound"],
  });
}

/** As text. It may hold secrets, and a policy has to be able to see them; the original is not kept a second time in `raw`. */
async function userData(context: AwsContext, draft: Draft, id: string): Promise<string | undefined> {
  const answer = await attribute(context, draft, id, "userData");
  draft.keep("DescribeInstanceAttribute", { InstanceId: id });
  const encoded = answer?.UserData?.Value;
  return encoded === undefined || encoded === "" ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}

function isAttachedTo(id: string): (volume: Volume) => boolean {
  return ({ Attachments }) => Attachments?.some(({ InstanceId }) => InstanceId === id) === true;
}

function referencesOf(context: AwsContext, instance: Instance): (string | undefined)[] {
  return [
    ...(instance.SecurityGroups ?? []).map(({ GroupId }) => GroupId && ec2Arn(context, "security-group", GroupId)),
    ...(instance.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.VolumeId && ec2Arn(context, "volume", Ebs.VolumeId)),
    instance.SubnetId && ec2Arn(context, "subnet", instance.SubnetId),
    instance.VpcId && ec2Arn(context, "vpc", instance.VpcId),
    instance.IamInstanceProfile?.Arn,
  ];
}
