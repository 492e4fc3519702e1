#!/usr/bin/env node
// Writes a Terraform plan of N resources, half buckets and half security groups, as `terraform show -json` would:
//   node bench/generate-plan.mjs 1000 > plan.json
const count = Number(process.argv[2] ?? 10);

const bucket = (at) => ({
  address: `aws_s3_bucket.bucket_${at}`,
  mode: "managed",
  type: "aws_s3_bucket",
  name: `bucket_${at}`,
  provider_name: "registry.terraform.io/hashicorp/aws",
  change: {
    actions: ["create"],
    before: null,
    after: {
      bucket: `bucket-${at}`,
      force_destroy: false,
      tags: { Owner: "team", DataClass: "internal" },
      timeouts: null,
    },
    after_unknown: {
      arn: true,
      id: true,
      acl: true,
      policy: true,
      versioning: true,
      logging: true,
      server_side_encryption_configuration: true,
      tags: {},
    },
    before_sensitive: false,
    after_sensitive: { tags: {} },
  },
});

const group = (at) => ({
  address: `aws_security_group.group_${at}`,
  mode: "managed",
  type: "aws_security_group",
  name: `group_${at}`,
  provider_name: "registry.terraform.io/hashicorp/aws",
  change: {
    actions: ["create"],
    before: null,
    after: {
      name: `group-${at}`,
      description: "generated",
      ingress: [
        {
          cidr_blocks: [at % 3 === 0 ? "0.0.0.0/0" : "10.0.0.0/8"],
          description: "",
          from_port: 22,
          to_port: 22,
          protocol: "tcp",
          ipv6_cidr_blocks: [],
          prefix_list_ids: [],
          security_groups: [],
          self: false,
        },
      ],
      egress: [],
      revoke_rules_on_delete: false,
      tags: null,
    },
    after_unknown: { arn: true, id: true, owner_id: true, vpc_id: true, ingress: [{ cidr_blocks: [false] }] },
    before_sensitive: false,
    after_sensitive: {},
  },
});

const changes = Array.from({ length: count }, (_, at) => (at % 2 === 0 ? bucket(at) : group(at)));
const resources = changes.map(({ change, provider_name, ...head }) => ({
  ...head,
  provider_name,
  schema_version: 0,
  values: change.after,
  sensitive_values: {},
}));
const expressions = Object.fromEntries(changes.map(({ address }) => [address, {}]));
process.stdout.write(
  JSON.stringify({
    format_version: "1.2",
    terraform_version: "1.11.4",
    planned_values: { root_module: { resources } },
    resource_changes: changes,
    configuration: {
      provider_config: {
        aws: {
          name: "aws",
          full_name: "registry.terraform.io/hashicorp/aws",
          expressions: { region: { constant_value: "us-east-1" } },
        },
      },
      root_module: {
        resources: changes.map(({ address, mode, type, name }) => ({
          address,
          mode,
          type,
          name,
          provider_config_key: "aws",
          expressions: expressions[address],
          schema_version: 0,
        })),
      },
    },
  }),
);
