// A Terraform state (version 4) of the estate that `moto-seed.ts` makes, as the AWS provider writes it after a refresh: also the
// attributes that it computes, and satellites beside what they set.
import { account, everything, main, ordersPolicy, type Seeded } from "../servers/moto-seed.js";

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly attributes: { readonly [name: string]: unknown };
}

const arn = (service: string, rest: string, region = main): string => `arn:aws:${service}:${region}:${account}:${rest}`;
const tagged = (tags: { readonly [key: string]: string }) => ({ tags, tags_all: tags });

export function stateOf(entries: readonly Entry[]): string {
  const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
  const resources = entries.map(({ type, name, attributes }) => ({
    ...{ mode: "managed", type, name, provider },
    instances: [{ schema_version: 0, attributes, sensitive_attributes: [], private: "bnVsbA==" }],
  }));
  const head = { version: 4, terraform_version: "1.9.8", serial: 7, lineage: "d0c5f1b1-9a8e-4f5e-8a57-0f6a2d5f9e11" };
  return JSON.stringify({ ...head, outputs: {}, resources, check_results: null });
}

/** `rootKey`: of the root volume, as the server made it up. */
export function seededEntries(seeded: Seeded, rootKey: string): Entry[] {
  return [...buckets(seeded), ...network(seeded), ...data(seeded), ...identities(), ...compute(seeded, rootKey)];
}

function bucket(name: string, rest: { readonly [name: string]: unknown } = {}): Entry {
  const computed = {
    acceleration_status: "",
    acl: null,
    bucket_prefix: "",
    force_destroy: false,
    hosted_zone_id: "Z3AQBSTGFYJSTF",
  };
  const none = {
    cors_rule: [],
    lifecycle_rule: [],
    logging: [],
    object_lock_configuration: [],
    policy: "",
    website: [],
  };
  const owner = {
    id: "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a",
    permissions: ["FULL_CONTROL"],
  };
  const attributes = {
    ...{ id: name, bucket: name, arn: `arn:aws:s3:::${name}`, region: main, ...computed, ...none },
    grant: [{ ...owner, type: "CanonicalUser", uri: "" }],
    versioning: [{ enabled: false, mfa_delete: false }],
    server_side_encryption_configuration: [
      {
        rule: [
          {
            apply_server_side_encryption_by_default: [{ kms_master_key_id: "", sse_algorithm: "AES256" }],
            bucket_key_enabled: false,
          },
        ],
      },
    ],
    ...tagged({}),
    ...rest,
  };
  return { type: "aws_s3_bucket", name, attributes };
}

function buckets({ keyArn }: Seeded): Entry[] {
  const of = { id: "orders", bucket: "orders", expected_bucket_owner: "" };
  const satellite = (type: string, attributes: object): Entry => ({
    ...{ type: `aws_s3_bucket_${type}`, name: "orders", attributes: { ...of, ...attributes } },
  });
  const byKey = [{ kms_master_key_id: keyArn, sse_algorithm: "aws:kms" }];
  const statement = ordersPolicy.Statement[0];
  // Terraform's jsonencode sorts members; somebody wrote the list in another order and the effect's statement without a Sid.
  const policy = {
    Statement: [
      { ...statement, Sid: undefined, Action: ["s3:*"], Resource: [...(statement?.Resource ?? [])].reverse() },
    ],
    Version: "2012-10-17",
  };
  return [
    bucket("orders", tagged({ team: "orders" })),
    satellite("server_side_encryption_configuration", {
      rule: [{ apply_server_side_encryption_by_default: byKey, bucket_key_enabled: true }],
    }),
    satellite("public_access_block", {
      ...{
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      },
    }),
    satellite("versioning", { versioning_configuration: [{ mfa_delete: "", status: "Enabled" }], mfa: null }),
    satellite("logging", { target_bucket: "logs", target_prefix: "orders/", target_grant: [] }),
    satellite("policy", { policy: JSON.stringify(policy) }),
    satellite("lifecycle_configuration", {
      rule: [
        {
          ...{ id: "old", status: "Enabled", prefix: "tmp/", filter: [{ prefix: "tmp/", and: [], tag: [] }] },
          ...{ abort_incomplete_multipart_upload: [], noncurrent_version_expiration: [] },
          expiration: [{ date: "", days: 30, expired_object_delete_marker: false }],
          transition: [{ date: "", days: 7, storage_class: "GLACIER" }],
        },
      ],
    }),
    bucket("logs", { acl: "log-delivery-write" }),
    bucket("open", { acl: "public-read-write" }),
  ];
}

function network({ vpcId, subnetId, openGroupId }: Seeded): Entry[] {
  const rule = {
    ...{ description: "", from_port: 22, to_port: 22, protocol: "tcp", self: false },
    ...{ cidr_blocks: [], ipv6_cidr_blocks: [], prefix_list_ids: [], security_groups: [] },
  };
  return [
    {
      ...{ type: "aws_vpc", name: "main" },
      attributes: {
        ...{ id: vpcId, arn: arn("ec2", `vpc/${vpcId}`), cidr_block: "10.0.0.0/16", instance_tenancy: "default" },
        ...{ enable_dns_hostnames: false, enable_dns_support: true, ...tagged({}) },
      },
    },
    {
      ...{ type: "aws_flow_log", name: "main" },
      attributes: {
        ...{
          id: "fl-1",
          vpc_id: vpcId,
          traffic_type: "ALL",
          log_destination_type: "s3",
          log_destination: "arn:aws:s3:::logs",
        },
        ...{ log_group_name: "", iam_role_arn: "", max_aggregation_interval: 600 },
      },
    },
    {
      ...{ type: "aws_subnet", name: "a" },
      attributes: {
        ...{ id: subnetId, arn: arn("ec2", `subnet/${subnetId}`), vpc_id: vpcId, cidr_block: "10.0.1.0/24" },
        ...{ availability_zone: "us-east-1a", map_public_ip_on_launch: false, ipv6_cidr_block: "", ...tagged({}) },
      },
    },
    {
      ...{ type: "aws_security_group", name: "open" },
      attributes: {
        ...{ id: openGroupId, arn: arn("ec2", `security-group/${openGroupId}`), name: "open", vpc_id: vpcId },
        description: "ssh for all",
        // The rule of a resource of its own is in the group too, after a refresh.
        ingress: [
          { ...rule, from_port: 443, to_port: 443, ipv6_cidr_blocks: ["0:0:0:0:0:0:0:0/0"] },
          { ...rule, cidr_blocks: ["10.0.0.0/8"] },
          { ...rule, cidr_blocks: ["0.0.0.0/0"], description: "anyone" },
        ],
        egress: [{ ...rule, from_port: 0, to_port: 0, protocol: "-1", cidr_blocks: ["0.0.0.0/0"] }],
        ...tagged({}),
      },
    },
    {
      ...{ type: "aws_security_group_rule", name: "inside" },
      attributes: {
        ...{
          id: "sgrule-1",
          security_group_id: openGroupId,
          type: "ingress",
          protocol: "tcp",
          from_port: 22,
          to_port: 22,
        },
        ...{ cidr_blocks: ["10.0.0.0/8"], ipv6_cidr_blocks: null, prefix_list_ids: null, self: false, description: "" },
      },
    },
  ];
}

function data({ keyArn, keyId }: Seeded): Entry[] {
  const queue = (name: string, rest: object): Entry => ({
    ...{ type: "aws_sqs_queue", name },
    attributes: {
      ...{ id: `https://sqs.us-east-1.amazonaws.com/${account}/${name}`, name, arn: arn("sqs", name), policy: "" },
      ...{
        fifo_queue: false,
        message_retention_seconds: 345600,
        visibility_timeout_seconds: 30,
        sqs_managed_sse_enabled: true,
      },
      ...{
        kms_master_key_id: "",
        kms_data_key_reuse_period_seconds: 300,
        redrive_policy: "",
        redrive_allow_policy: "",
      },
      ...tagged({}),
      ...rest,
    },
  });
  const table = (name: string, recovery: boolean, tags: { readonly [key: string]: string }): Entry => ({
    ...{ type: "aws_dynamodb_table", name },
    attributes: {
      ...{ id: name, name, arn: arn("dynamodb", `table/${name}`), billing_mode: "PAY_PER_REQUEST", hash_key: "id" },
      ...{
        attribute: [{ name: "id", type: "S" }],
        deletion_protection_enabled: false,
        read_capacity: 0,
        write_capacity: 0,
      },
      point_in_time_recovery: [{ enabled: recovery, recovery_period_in_days: recovery ? 35 : 0 }],
      ...{
        server_side_encryption: [],
        ttl: [{ attribute_name: "", enabled: false }],
        stream_view_type: "",
        table_class: "STANDARD",
      },
      ...tagged(tags),
    },
  });
  return [
    {
      ...{ type: "aws_kms_key", name: "orders" },
      attributes: {
        ...{
          id: keyId,
          key_id: keyId,
          arn: keyArn,
          description: "orders",
          enable_key_rotation: true,
          is_enabled: true,
        },
        ...{ customer_master_key_spec: "SYMMETRIC_DEFAULT", key_usage: "ENCRYPT_DECRYPT", multi_region: false },
        ...{ deletion_window_in_days: 7, policy: "", ...tagged({ team: "orders" }) },
      },
    },
    queue("orders", {
      kms_master_key_id: "alias/aws/sqs",
      redrive_policy: `{"maxReceiveCount":3,"deadLetterTargetArn":"${arn("sqs", "dead")}"}`,
      ...tagged({ team: "orders" }),
    }),
    queue("dead", {}),
    table("positions", true, { team: "risk" }),
    table("scratch", false, {}),
    {
      ...{ type: "aws_sns_topic", name: "alerts" },
      attributes: {
        ...{ id: arn("sns", "alerts"), arn: arn("sns", "alerts"), name: "alerts", kms_master_key_id: "alias/aws/sns" },
        ...{ display_name: "", fifo_topic: false, signature_version: 0, tracing_config: "", policy: "", ...tagged({}) },
      },
    },
  ];
}

function identities(): Entry[] {
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] } }],
  };
  const role = { id: "worker", name: "worker", arn: arn("iam", "role/worker", ""), path: "/", unique_id: "AROA1" };
  return [
    {
      ...{ type: "aws_iam_role", name: "worker" },
      attributes: {
        ...{ ...role, assume_role_policy: JSON.stringify(trust), description: "", max_session_duration: 3600 },
        ...{ managed_policy_arns: [], permissions_boundary: "", ...tagged({}) },
        inline_policy: [{ name: "inline", policy: JSON.stringify(everything) }],
      },
    },
    {
      ...{ type: "aws_iam_role_policy", name: "inline" },
      attributes: { id: "worker:inline", role: "worker", name: "inline", policy: JSON.stringify(everything) },
    },
    {
      ...{ type: "aws_iam_policy", name: "everything" },
      attributes: {
        ...{ id: arn("iam", "policy/everything", ""), arn: arn("iam", "policy/everything", ""), name: "everything" },
        ...{ path: "/", description: "", policy: JSON.stringify(everything), ...tagged({}) },
      },
    },
  ];
}

function compute({ instanceId, subnetId, openGroupId }: Seeded, rootKey: string): Entry[] {
  return [
    {
      ...{ type: "aws_instance", name: "matching" },
      attributes: {
        ...{
          id: instanceId,
          arn: arn("ec2", `instance/${instanceId}`),
          ami: "ami-12c6146b",
          instance_type: "t3.micro",
        },
        ...{
          availability_zone: "us-east-1a",
          subnet_id: subnetId,
          key_name: "",
          monitoring: false,
          ebs_optimized: false,
        },
        // The SHA-1 of the script, as the provider keeps it.
        user_data: "9db6f074fca0a903137b91c7c866b21d4e7205a7",
        ...{ vpc_security_group_ids: [openGroupId], security_groups: [], source_dest_check: true, tenancy: "default" },
        ...{ disable_api_termination: false, associate_public_ip_address: false, iam_instance_profile: "" },
        metadata_options: [
          {
            ...{ http_endpoint: "enabled", http_protocol_ipv6: "disabled", http_put_response_hop_limit: 1 },
            ...{ http_tokens: "required", instance_metadata_tags: "disabled" },
          },
        ],
        root_block_device: [
          {
            ...{ device_name: "/dev/sda1", delete_on_termination: false, encrypted: true, kms_key_id: rootKey },
            ...{ volume_size: 8, volume_type: "gp2", iops: 0, snapshot_id: "" },
          },
        ],
        ...tagged({ Name: "matching-engine" }),
      },
    },
  ];
}
