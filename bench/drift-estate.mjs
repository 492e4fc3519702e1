// An estate of any size, twice: as Terraform's state says it, and as a scanner of AWS finds it. Both mean the same in other words (order,
// defaults, policies, rules), but for the share that somebody changed by hand.
const region = "eu-west-1";
const account = "111122223333";
const policyOf = (at, order) => {
  const actions = ["sqs:SendMessage", "sqs:ReceiveMessage"];
  return {
    Version: "2012-10-17",
    Statement: [
      {
        ...{
          Sid: order ? "one" : undefined,
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${account}:role/app-${at % 50}` },
        },
        ...{
          Action: order ? actions : [...actions].reverse(),
          Resource: `arn:aws:sqs:${region}:${account}:orders-${at}`,
        },
      },
    ],
  };
};
const tagsOf = (at) => ({
  Name: `r-${at}`,
  Owner: `team-${at % 40}`,
  Environment: at % 3 === 0 ? "production" : "staging",
});
const tagged = (at) => ({ tags: tagsOf(at), tags_all: tagsOf(at) });
const arn = (service, rest, at = region) => `arn:aws:${service}:${at}:${account}:${rest}`;
const rule = (at, n, rest) => ({
  ...{ description: `rule ${n}`, from_port: 443 + n, to_port: 443 + n, protocol: "tcp", self: false },
  ...{
    cidr_blocks: [`10.${at % 256}.${n}.0/24`],
    ipv6_cidr_blocks: [],
    prefix_list_ids: [],
    security_groups: [],
    ...rest,
  },
});

/** Each gives Terraform's attributes, and what the service says. */
const kinds = [
  {
    terraform: "aws_s3_bucket",
    type: "AWS::S3::Bucket",
    id: (at) => `arn:aws:s3:::bucket-${at}`,
    name: (at) => `bucket-${at}`,
    attributes: (at) => ({
      ...{ id: `bucket-${at}`, bucket: `bucket-${at}`, region, acl: null, policy: "", logging: [], lifecycle_rule: [] },
      versioning: [{ enabled: true, mfa_delete: false }],
      server_side_encryption_configuration: [
        {
          rule: [
            {
              apply_server_side_encryption_by_default: [
                { kms_master_key_id: arn("kms", `key/${at % 100}`), sse_algorithm: "aws:kms" },
              ],
              bucket_key_enabled: true,
            },
          ],
        },
      ],
    }),
    config: (at, isDrifted) => ({
      BucketName: `bucket-${at}`,
      VersioningConfiguration: { Status: isDrifted ? "Suspended" : "Enabled" },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: `${at % 100}` },
            BucketKeyEnabled: true,
          },
        ],
      },
    }),
  },
  {
    terraform: "aws_sqs_queue",
    type: "AWS::SQS::Queue",
    id: (at) => arn("sqs", `orders-${at}`),
    name: (at) => `orders-${at}`,
    attributes: (at) => ({
      ...{ id: `https://sqs.${region}.amazonaws.com/${account}/orders-${at}`, name: `orders-${at}`, fifo_queue: false },
      ...{ message_retention_seconds: 345_600, visibility_timeout_seconds: 60, sqs_managed_sse_enabled: true },
      ...{ policy: JSON.stringify(policyOf(at, true)), kms_master_key_id: "", redrive_policy: "" },
    }),
    config: (at, isDrifted) => ({
      ...{ QueueName: `orders-${at}`, MessageRetentionPeriod: isDrifted ? 60 : 345_600, VisibilityTimeout: 60 },
      ...{ SqsManagedSseEnabled: true, DelaySeconds: 0, QueuePolicy: { PolicyDocument: policyOf(at, false) } },
    }),
  },
  {
    terraform: "aws_security_group",
    type: "AWS::EC2::SecurityGroup",
    id: (at) => arn("ec2", `security-group/sg-${at}`),
    name: (at) => `group-${at}`,
    attributes: (at) => ({
      ...{ id: `sg-${at}`, name: `group-${at}`, description: "services", vpc_id: `vpc-${at % 200}` },
      ingress: [1, 2, 3].map((n) => rule(at, n)),
      egress: [
        { ...rule(at, 0), from_port: 0, to_port: 0, protocol: "-1", cidr_blocks: ["0.0.0.0/0"], description: "" },
      ],
    }),
    config: (at, isDrifted) => ({
      ...{ GroupName: `group-${at}`, GroupDescription: "services", VpcId: `vpc-${at % 200}`, GroupId: `sg-${at}` },
      SecurityGroupIngress: [3, 2, 1].map((n) => ({
        ...{ IpProtocol: "tcp", FromPort: 443 + n, ToPort: 443 + n, Description: `rule ${n}` },
        CidrIp: isDrifted && n === 1 ? "0.0.0.0/0" : `10.${at % 256}.${n}.0/24`,
      })),
      SecurityGroupEgress: [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }],
    }),
  },
  {
    terraform: "aws_iam_role",
    type: "AWS::IAM::Role",
    id: (at) => arn("iam", `role/role-${at}`, ""),
    name: (at) => `role-${at}`,
    attributes: (at) => ({
      ...{ id: `role-${at}`, name: `role-${at}`, path: "/", description: "", max_session_duration: 3_600 },
      ...{ assume_role_policy: JSON.stringify(policyOf(at, true)), permissions_boundary: "", managed_policy_arns: [] },
    }),
    config: (at, isDrifted) => ({
      ...{ RoleName: `role-${at}`, Path: "/", MaxSessionDuration: 3_600 },
      AssumeRolePolicyDocument: policyOf(isDrifted ? at + 1 : at, false),
    }),
  },
];

/** Scattered over all kinds, and the same in each run. */
export const isDrifted = (at, share) => (Math.imul(at, 2_654_435_761) >>> 8) % 100 < share;

export function stateText(count) {
  const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
  const resources = Array.from({ length: count }, (_, at) => {
    const { terraform, id, attributes } = kinds[at % kinds.length];
    const values = { ...attributes(at), arn: id(at), ...tagged(at) };
    const instance = { schema_version: 0, attributes: values, sensitive_attributes: [], private: "bnVsbA==" };
    return { mode: "managed", type: terraform, name: `r${at}`, provider, instances: [instance] };
  });
  const head = { version: 4, terraform_version: "1.9.8", serial: 7, lineage: "d0c5f1b1-9a8e-4f5e-8a57-0f6a2d5f9e11" };
  return JSON.stringify({ ...head, outputs: {}, resources, check_results: null });
}

const types = new Set(kinds.map(({ type }) => type));
export const lookedAt = { provider: "aws", readable: types, types, places: [{ account, regions: [region] }] };

/** One by one, as a scanner gives them, and in another order than the state's. */
export function* liveItems(count, share) {
  for (let n = 0; n < count; n++) {
    const at = count - 1 - n;
    const { type, id, name, config } = kinds[at % kinds.length];
    const place = { id: id(at), provider: "aws", type, name: name(at), account, region };
    const source = { scanner: "aws", uri: null, line: null, column: null, capturedAt: null };
    const resource = {
      ...place,
      ...{ tags: tagsOf(at), config: config(at, isDrifted(at, share)), unknown: [], raw: {}, source },
    };
    yield { kind: "resource", resource, locate: () => null, references: [], failures: [] };
  }
}
