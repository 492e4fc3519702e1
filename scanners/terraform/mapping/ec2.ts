import {
  any,
  block,
  blocks,
  bool,
  concat,
  constant,
  group,
  json,
  number,
  only,
  text,
  type Shape,
  type ServiceMapping,
} from "./shape.js";

const ebs: Shape = {
  Encrypted: bool("encrypted"),
  KmsKeyId: text("kms_key_id"),
  VolumeSize: number("volume_size"),
  VolumeType: text("volume_type"),
  Iops: number("iops"),
  DeleteOnTermination: bool("delete_on_termination"),
  SnapshotId: text("snapshot_id"),
};

const device: Shape = { DeviceName: text("device_name"), Ebs: group(ebs) };

/** What AMIs call the device of the root volume; in code it has no name. */
const rootDevices = ["/dev/xvda", "/dev/sda1", "/dev/sda"];

const metadataOptions = block("metadata_options", {
  HttpTokens: text("http_tokens"),
  HttpEndpoint: text("http_endpoint"),
  HttpPutResponseHopLimit: number("http_put_response_hop_limit"),
  HttpProtocolIpv6: text("http_protocol_ipv6"),
  InstanceMetadataTags: text("instance_metadata_tags"),
});

const instance: Shape = {
  ImageId: text("ami"),
  InstanceType: text("instance_type"),
  AvailabilityZone: text("availability_zone"),
  SubnetId: text("subnet_id"),
  KeyName: text("key_name"),
  Monitoring: bool("monitoring"),
  EbsOptimized: bool("ebs_optimized"),
  IamInstanceProfile: text("iam_instance_profile"),
  UserData: text("user_data"),
  SecurityGroupIds: any("vpc_security_group_ids"),
  SecurityGroups: any("security_groups"),
  DisableApiTermination: bool("disable_api_termination"),
  SourceDestCheck: bool("source_dest_check"),
  Tenancy: text("tenancy"),
  MetadataOptions: metadataOptions,
  NetworkInterfaces: only(group({ AssociatePublicIpAddress: bool("associate_public_ip_address") })),
  BlockDeviceMappings: concat(
    ({ DeviceName: name }) => (typeof name !== "string" || rootDevices.includes(name) ? 0 : 1),
    blocks("root_block_device", device),
    blocks("ebs_block_device", device),
  ),
};

const launchTemplateData: Shape = {
  ImageId: text("image_id"),
  InstanceType: text("instance_type"),
  KeyName: text("key_name"),
  EbsOptimized: bool("ebs_optimized"),
  UserData: text("user_data"),
  SecurityGroupIds: any("vpc_security_group_ids"),
  DisableApiTermination: bool("disable_api_termination"),
  Monitoring: block("monitoring", { Enabled: bool("enabled") }),
  IamInstanceProfile: block("iam_instance_profile", { Name: text("name"), Arn: text("arn") }),
  MetadataOptions: metadataOptions,
  NetworkInterfaces: blocks("network_interfaces", {
    AssociatePublicIpAddress: bool("associate_public_ip_address"),
    SubnetId: text("subnet_id"),
    Groups: any("security_groups"),
    DeviceIndex: number("device_index"),
  }),
  BlockDeviceMappings: blocks("block_device_mappings", {
    DeviceName: text("device_name"),
    Ebs: block("ebs", ebs),
  }),
};

const subnet: Shape = {
  VpcId: text("vpc_id"),
  CidrBlock: text("cidr_block"),
  Ipv6CidrBlock: text("ipv6_cidr_block"),
  AvailabilityZone: text("availability_zone"),
  MapPublicIpOnLaunch: bool("map_public_ip_on_launch"),
  AssignIpv6AddressOnCreation: bool("assign_ipv6_address_on_creation"),
};

const vpc: Shape = {
  CidrBlock: text("cidr_block"),
  EnableDnsHostnames: bool("enable_dns_hostnames"),
  EnableDnsSupport: bool("enable_dns_support"),
  InstanceTenancy: text("instance_tenancy"),
};

const networkAclRule = (egress: boolean): Shape => ({
  RuleNumber: number("rule_no"),
  Protocol: text("protocol", { all: "-1" }),
  RuleAction: text("action"),
  Egress: constant(egress),
  CidrBlock: text("cidr_block"),
  Ipv6CidrBlock: text("ipv6_cidr_block"),
  PortRange: group({ From: number("from_port"), To: number("to_port") }),
});

export const ec2: ServiceMapping = {
  types: [
    { terraform: ["aws_instance"], type: "AWS::EC2::Instance", identities: ["id", "arn"], properties: instance },
    {
      terraform: ["aws_ebs_volume"],
      type: "AWS::EC2::Volume",
      properties: {
        AvailabilityZone: text("availability_zone"),
        Encrypted: bool("encrypted"),
        KmsKeyId: text("kms_key_id"),
        Size: number("size"),
        VolumeType: text("type"),
        Iops: number("iops"),
        SnapshotId: text("snapshot_id"),
      },
    },
    {
      terraform: ["aws_ebs_encryption_by_default"],
      type: "AWS::EC2::EbsEncryptionByDefault",
      tags: "none",
      // Terraform's default for this resource is to switch it on.
      properties: { EbsEncryptionByDefault: bool("enabled", true) },
    },
    {
      terraform: ["aws_launch_template"],
      type: "AWS::EC2::LaunchTemplate",
      name: "name",
      properties: {
        LaunchTemplateName: text("name"),
        LaunchTemplateData: { kind: "object", shape: launchTemplateData },
      },
    },
    {
      terraform: ["aws_subnet", "aws_default_subnet"],
      type: "AWS::EC2::Subnet",
      identities: ["id"],
      properties: subnet,
    },
    { terraform: ["aws_vpc", "aws_default_vpc"], type: "AWS::EC2::VPC", identities: ["id", "arn"], properties: vpc },
    {
      terraform: ["aws_network_acl", "aws_default_network_acl"],
      type: "AWS::EC2::NetworkAcl",
      identities: ["id"],
      properties: {
        VpcId: text("vpc_id"),
        Entries: concat(
          ({ Egress: egress }) => (egress === true ? 1 : 0),
          blocks("ingress", networkAclRule(false)),
          blocks("egress", networkAclRule(true)),
        ),
      },
      // Computed when the entries are resources of their own.
      computedLegacy: ["ingress", "egress"],
    },
    {
      terraform: ["aws_eip"],
      type: "AWS::EC2::EIP",
      properties: { Domain: text("domain"), InstanceId: text("instance") },
    },
    {
      terraform: ["aws_vpc_endpoint"],
      type: "AWS::EC2::VPCEndpoint",
      properties: {
        VpcId: text("vpc_id"),
        ServiceName: text("service_name"),
        VpcEndpointType: text("vpc_endpoint_type"),
        PrivateDnsEnabled: bool("private_dns_enabled"),
        PolicyDocument: json("policy"),
        SecurityGroupIds: any("security_group_ids"),
        SubnetIds: any("subnet_ids"),
        RouteTableIds: any("route_table_ids"),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_flow_log"],
      owner: "AWS::EC2::VPC",
      links: ["vpc_id"],
      merge: "append",
      properties: {
        FlowLogs: only({
          kind: "object",
          shape: {
            TrafficType: text("traffic_type"),
            LogDestinationType: text("log_destination_type"),
            LogDestination: text("log_destination"),
            LogGroupName: text("log_group_name"),
            DeliverLogsPermissionArn: text("iam_role_arn"),
            MaxAggregationInterval: number("max_aggregation_interval"),
          },
        }),
      },
    },
    {
      terraform: ["aws_network_acl_rule"],
      owner: "AWS::EC2::NetworkAcl",
      links: ["network_acl_id"],
      merge: "append",
      properties: {
        Entries: only({
          kind: "object",
          shape: {
            RuleNumber: number("rule_number"),
            Protocol: text("protocol", { all: "-1" }),
            RuleAction: text("rule_action"),
            Egress: bool("egress"),
            CidrBlock: text("cidr_block"),
            Ipv6CidrBlock: text("ipv6_cidr_block"),
            PortRange: group({ From: number("from_port"), To: number("to_port") }),
          },
        }),
      },
    },
  ],
};
