import type { JsonObject } from "../../src/json.js";

/** What is wrong with the sample estate: realistic faults, each a patch of one resource's properties or tags. */
export interface Fault {
  readonly region: string | null;
  readonly key: string;
  /** Why a real estate has it. */
  readonly story: string;
  readonly config?: JsonObject;
  /** Properties that are not there. */
  readonly without?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

const anywhere = "0.0.0.0/0";

export const faults: readonly Fault[] = [
  {
    region: "us-east-1",
    key: "order-management/security-group",
    story: "SSH was opened during an incident and never closed",
    config: {
      SecurityGroupIngress: [
        { IpProtocol: "tcp", FromPort: 8443, ToPort: 8443, CidrIp: "10.20.0.0/16" },
        { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: anywhere, Description: "temporary" },
      ],
    },
  },
  {
    region: "eu-west-1",
    key: "card-payment/security-group",
    story: "a database port of the card zone is open to the world",
    config: { SecurityGroupIngress: [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, CidrIp: anywhere }] },
  },
  {
    region: "us-east-1",
    key: "card-payment/database",
    story: "restored from an unencrypted snapshot, with the defaults of the console",
    config: { StorageEncrypted: false, MultiAZ: false, BackupRetentionPeriod: 1, DeletionProtection: false },
    without: ["KmsKeyId"],
  },
  {
    region: "us-west-2",
    key: "risk/database",
    story: "made reachable for an analyst",
    config: { PubliclyAccessible: true },
  },
  {
    region: "us-east-1",
    key: "market-data/bucket",
    story: "a vendor feed was shared by making the bucket public",
    config: {
      AccessControl: "PublicRead",
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: false,
        BlockPublicPolicy: false,
        IgnorePublicAcls: false,
        RestrictPublicBuckets: false,
      },
    },
    without: ["BucketPolicy", "LoggingConfiguration"],
  },
  {
    region: "us-west-2",
    key: "settlement/bucket",
    story: "the recovery region was built by hand",
    config: { VersioningConfiguration: { Status: "Suspended" } },
    without: ["BucketEncryption", "ObjectLockConfiguration", "ObjectLockEnabled", "LifecycleConfiguration"],
  },
  {
    region: "us-west-2",
    key: "audit/bucket",
    story: "retention in governance mode can be lifted",
    without: ["ObjectLockConfiguration"],
  },
  { region: "us-east-1", key: "client-portal/bucket", story: "personal data of European clients in the United States" },
  {
    region: "us-west-2",
    key: "network/vpc",
    story: "flow logs were switched off to save cost",
    config: { FlowLogs: [] },
  },
  {
    region: "eu-west-1",
    key: "account/ebs-encryption",
    story: "a new region, never hardened",
    config: { EbsEncryptionByDefault: false },
  },
  {
    region: "eu-west-1",
    key: "network/default-group",
    story: "a new region, never hardened",
    config: { SecurityGroupIngress: [{ IpProtocol: "-1", CidrIp: anywhere }] },
  },
  {
    region: "eu-west-1",
    key: "network/subnet-a",
    story: "a public subnet from a template",
    config: { MapPublicIpOnLaunch: true },
  },
  {
    region: "us-east-1",
    key: "risk/instance-1",
    story: "an old image that needs version 1 of the metadata service",
    config: {
      MetadataOptions: { HttpTokens: "optional", HttpEndpoint: "enabled" },
      NetworkInterfaces: [{ DeviceIndex: "0", AssociatePublicIpAddress: true }],
      Monitoring: false,
    },
  },
  { region: "us-west-2", key: "market-data/volume-2", story: "attached by hand", config: { Encrypted: false } },
  {
    region: "us-west-2",
    key: "order-management/key",
    story: "an imported key cannot rotate by itself",
    config: { EnableKeyRotation: false },
  },
  {
    region: "eu-west-1",
    key: "settlement/table",
    story: "never finished",
    config: {
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
      DeletionProtectionEnabled: false,
    },
  },
  {
    region: "us-east-1",
    key: "client-portal/listener",
    story: "an old load balancer still speaks TLS 1.0",
    config: { SslPolicy: "ELBSecurityPolicy-2016-08" },
  },
  {
    region: "eu-west-1",
    key: "client-portal/listener",
    story: "plain HTTP without a redirect",
    config: { Protocol: "HTTP", Port: 80 },
    without: ["SslPolicy", "Certificates"],
  },
  {
    region: "us-west-2",
    key: "settlement/balancer",
    story: "the recovery region was built by hand",
    config: {
      LoadBalancerAttributes: [
        { Key: "access_logs.s3.enabled", Value: "false" },
        { Key: "deletion_protection.enabled", Value: "false" },
      ],
    },
  },
  {
    region: "us-east-1",
    key: "settlement/function",
    story: "a batch job nobody has touched",
    config: { Runtime: "python3.7", TracingConfig: { Mode: "PassThrough" } },
  },
  {
    region: "us-east-1",
    key: "market-data/queue",
    story: "a consumer in another company was let in with a star",
    config: {
      QueuePolicy: {
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: { Effect: "Allow", Principal: "*", Action: "sqs:*", Resource: "*" },
        },
      },
    },
    without: ["KmsMasterKeyId", "RedrivePolicy"],
  },
  { region: "eu-west-1", key: "risk/topic", story: "no key in this region", without: ["KmsMasterKeyId"] },
  {
    region: "us-east-1",
    key: "card-payment/secret",
    story: "rotation failed once and was taken off",
    without: ["RotationSchedule"],
  },
  {
    region: "us-east-1",
    key: "card-payment/logs",
    story: "a default of the console: 30 days",
    config: { RetentionInDays: 30 },
    without: ["KmsKeyId"],
  },
  {
    region: null,
    key: "account/password-policy",
    story: "set years ago",
    config: { MinimumPasswordLength: 8, PasswordReusePrevention: 3 },
  },
  {
    region: null,
    key: "iam/user-break-glass",
    story: "an emergency user without a second factor",
    config: { MFADevices: [], ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] },
  },
  {
    region: null,
    key: "iam/user-li.wei",
    story: "a key from the first week",
    config: { AccessKeys: [{ AccessKeyId: "****9Q2T", Status: "Active", CreateDate: "2024-01-15T08:30:00Z" }] },
  },
  {
    region: null,
    key: "iam/deploy-policy",
    story: "the pipeline got everything, to be narrowed later",
    config: { PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] } },
  },
  {
    region: null,
    key: "iam/role-market-data-reader",
    story: "a vendor's account id was not known yet",
    config: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
      },
    },
  },
];
