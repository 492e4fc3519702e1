import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/json.js";
import { mapTerraform } from "../map.js";
import { mappings, satellites, services } from "./index.js";
import { evaluated } from "./testing/evaluated.js";

const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const policyText = JSON.stringify(policy);

type Case = readonly [type: string, values: JsonObject, cfn: string, config: JsonObject];
const cases: readonly Case[] = [
  [
    "aws_s3_bucket",
    { bucket: "b", acl: "public-read", versioning: [{ enabled: true }], logging: [{ target_bucket: "l" }] },
    "AWS::S3::Bucket",
    {
      BucketName: "b",
      AccessControl: "PublicRead",
      VersioningConfiguration: { Status: "Enabled" },
      LoggingConfiguration: { DestinationBucketName: "l" },
    },
  ],
  [
    "aws_s3_bucket",
    {
      bucket: "b",
      grant: [{ uri: "http://acs.amazonaws.com/groups/global/AllUsers", permissions: ["WRITE"] }],
      policy: policyText,
    },
    "AWS::S3::Bucket",
    {
      BucketName: "b",
      AccessControl: "PublicReadWrite",
      BucketPolicy: { PolicyDocument: policy },
    },
  ],
  [
    "aws_s3_bucket",
    {
      server_side_encryption_configuration: [
        {
          rule: [
            {
              apply_server_side_encryption_by_default: [{ sse_algorithm: "aws:kms", kms_master_key_id: "" }],
              bucket_key_enabled: "true",
            },
          ],
        },
      ],
    },
    "AWS::S3::Bucket",
    {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled: true },
        ],
      },
    },
  ],
  [
    "aws_s3_bucket",
    { lifecycle_rule: [{ id: "x", enabled: true, expiration: [{ days: "30" }] }] },
    "AWS::S3::Bucket",
    {
      LifecycleConfiguration: { Rules: [{ Id: "x", Status: "Enabled", ExpirationInDays: 30 }] },
    },
  ],
  [
    "aws_instance",
    {
      ami: "ami-1",
      associate_public_ip_address: true,
      metadata_options: [{ http_tokens: "required", http_put_response_hop_limit: 1 }],
      root_block_device: [{ encrypted: true }],
      ebs_block_device: [{ device_name: "/dev/sdf", encrypted: false, kms_key_id: null }],
    },
    "AWS::EC2::Instance",
    {
      ImageId: "ami-1",
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      NetworkInterfaces: [{ AssociatePublicIpAddress: true }],
      BlockDeviceMappings: [{ Ebs: { Encrypted: true } }, { DeviceName: "/dev/sdf", Ebs: { Encrypted: false } }],
    },
  ],
  [
    "aws_ebs_volume",
    { encrypted: "true", size: "8", kms_key_id: "" },
    "AWS::EC2::Volume",
    { Encrypted: true, Size: 8 },
  ],
  ["aws_ebs_encryption_by_default", {}, "AWS::EC2::EbsEncryptionByDefault", { EbsEncryptionByDefault: true }],
  [
    "aws_ebs_encryption_by_default",
    { enabled: false },
    "AWS::EC2::EbsEncryptionByDefault",
    { EbsEncryptionByDefault: false },
  ],
  [
    "aws_launch_template",
    { name: "t", metadata_options: [{ http_tokens: "optional" }] },
    "AWS::EC2::LaunchTemplate",
    { LaunchTemplateName: "t", LaunchTemplateData: { MetadataOptions: { HttpTokens: "optional" } } },
  ],
  ["aws_subnet", { map_public_ip_on_launch: true }, "AWS::EC2::Subnet", { MapPublicIpOnLaunch: true }],
  ["aws_default_vpc", { enable_dns_support: true }, "AWS::EC2::VPC", { EnableDnsSupport: true }],
  [
    "aws_security_group",
    {
      name: "web",
      description: "d",
      ingress: [
        {
          protocol: "all",
          from_port: 0,
          to_port: 0,
          cidr_blocks: ["10.0.0.0/8", "0.0.0.0/0"],
          ipv6_cidr_blocks: ["::/0"],
          prefix_list_ids: ["pl-1"],
          security_groups: ["sg-9"],
          self: true,
        },
      ],
    },
    "AWS::EC2::SecurityGroup",
    {
      GroupName: "web",
      GroupDescription: "d",
      SecurityGroupIngress: [
        { CidrIp: "10.0.0.0/8" },
        { CidrIp: "0.0.0.0/0" },
        { CidrIpv6: "::/0" },
        { SourcePrefixListId: "pl-1" },
        { SourceSecurityGroupId: "sg-9" },
        { SourceSecurityGroupId: "aws_security_group.x" },
      ].map((peer) => ({ IpProtocol: "-1", FromPort: 0, ToPort: 0, ...peer })),
    },
  ],
  [
    "aws_default_security_group",
    { egress: [{ protocol: "tcp", from_port: "443", to_port: 443, security_groups: ["sg-1"] }] },
    "AWS::EC2::SecurityGroup",
    {
      GroupName: "default",
      SecurityGroupEgress: [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, DestinationSecurityGroupId: "sg-1" }],
    },
  ],
  [
    "aws_iam_policy",
    { name: "p", policy: policyText },
    "AWS::IAM::ManagedPolicy",
    { ManagedPolicyName: "p", PolicyDocument: policy },
  ],
  [
    "aws_iam_role",
    { name: "r", assume_role_policy: policyText, inline_policy: [{ name: "i", policy: policyText }] },
    "AWS::IAM::Role",
    { RoleName: "r", AssumeRolePolicyDocument: policy, Policies: [{ PolicyName: "i", PolicyDocument: policy }] },
  ],
  [
    "aws_iam_account_password_policy",
    { minimum_password_length: 14, require_symbols: true },
    "AWS::IAM::AccountPasswordPolicy",
    { MinimumPasswordLength: 14, RequireSymbols: true },
  ],
  [
    "aws_db_instance",
    { identifier: "d", storage_encrypted: true, multi_az: false, enabled_cloudwatch_logs_exports: ["error"] },
    "AWS::RDS::DBInstance",
    {
      DBInstanceIdentifier: "d",
      StorageEncrypted: true,
      MultiAZ: false,
      EnableCloudwatchLogsExports: ["error"],
      BackupRetentionPeriod: 0,
      PubliclyAccessible: false,
    },
  ],
  [
    "aws_rds_cluster",
    { cluster_identifier: "c", backup_retention_period: 7 },
    "AWS::RDS::DBCluster",
    { DBClusterIdentifier: "c", BackupRetentionPeriod: 7 },
  ],
  [
    "aws_rds_cluster_instance",
    { cluster_identifier: "c", publicly_accessible: true },
    "AWS::RDS::DBInstance",
    { DBClusterIdentifier: "c", PubliclyAccessible: true },
  ],
  [
    "aws_kms_key",
    { enable_key_rotation: true, policy: policyText },
    "AWS::KMS::Key",
    { EnableKeyRotation: true, KeyPolicy: policy },
  ],
  [
    "aws_cloudtrail",
    { name: "t", s3_bucket_name: "l", is_multi_region_trail: true },
    "AWS::CloudTrail::Trail",
    { TrailName: "t", S3BucketName: "l", IsMultiRegionTrail: true, IsLogging: true, IncludeGlobalServiceEvents: true },
  ],
  [
    "aws_alb",
    { name: "a", internal: false, drop_invalid_header_fields: true, access_logs: [{ bucket: "l", enabled: true }] },
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    {
      Name: "a",
      Scheme: "internet-facing",
      LoadBalancerAttributes: [
        { Key: "access_logs.s3.enabled", Value: "true" },
        { Key: "access_logs.s3.bucket", Value: "l" },
        { Key: "routing.http.drop_invalid_header_fields.enabled", Value: "true" },
      ],
    },
  ],
  [
    "aws_lambda_function",
    {
      function_name: "f",
      environment: [{ variables: { A: "1" } }],
      tracing_config: [{ mode: "Active" }],
      reserved_concurrent_executions: -1,
    },
    "AWS::Lambda::Function",
    {
      FunctionName: "f",
      Environment: { Variables: { A: "1" } },
      TracingConfig: { Mode: "Active" },
    },
  ],
  [
    "aws_dynamodb_table",
    {
      name: "t",
      point_in_time_recovery: [{ enabled: true }],
      server_side_encryption: [{ enabled: true, kms_key_arn: "k" }],
    },
    "AWS::DynamoDB::Table",
    {
      TableName: "t",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, KMSMasterKeyId: "k" },
    },
  ],
  ["aws_sns_topic", { name: "t", kms_master_key_id: "k" }, "AWS::SNS::Topic", { TopicName: "t", KmsMasterKeyId: "k" }],
  [
    "aws_sqs_queue",
    { name: "q", sqs_managed_sse_enabled: true, redrive_policy: '{"maxReceiveCount":3}', policy: "" },
    "AWS::SQS::Queue",
    { QueueName: "q", SqsManagedSseEnabled: true, RedrivePolicy: { maxReceiveCount: 3 } },
  ],
  [
    "aws_secretsmanager_secret",
    { name: "s", kms_key_id: "k" },
    "AWS::SecretsManager::Secret",
    { Name: "s", KmsKeyId: "k" },
  ],
  [
    "aws_cloudwatch_log_group",
    { name: "g", retention_in_days: 30 },
    "AWS::Logs::LogGroup",
    { LogGroupName: "g", RetentionInDays: 30 },
  ],
  [
    "aws_ecr_repository",
    { name: "r", image_scanning_configuration: [{ scan_on_push: true }], encryption_configuration: [{}] },
    "AWS::ECR::Repository",
    {
      RepositoryName: "r",
      ImageScanningConfiguration: { ScanOnPush: true },
      EncryptionConfiguration: { EncryptionType: "AES256" },
    },
  ],
  [
    "aws_eks_cluster",
    {
      name: "c",
      enabled_cluster_log_types: ["api"],
      vpc_config: [{ endpoint_public_access: false, public_access_cidrs: ["0.0.0.0/0"] }],
      encryption_config: [{ resources: ["secrets"], provider: [{ key_arn: "k" }] }],
    },
    "AWS::EKS::Cluster",
    {
      Name: "c",
      ResourcesVpcConfig: { EndpointPublicAccess: false, PublicAccessCidrs: ["0.0.0.0/0"] },
      EncryptionConfig: [{ Resources: ["secrets"], Provider: { KeyArn: "k" } }],
      Logging: { ClusterLogging: { EnabledTypes: [{ Type: "api" }] } },
    },
  ],
  ["aws_efs_file_system", { encrypted: true }, "AWS::EFS::FileSystem", { Encrypted: true }],
  [
    "aws_elasticache_replication_group",
    { replication_group_id: "r", transit_encryption_enabled: true },
    "AWS::ElastiCache::ReplicationGroup",
    { ReplicationGroupId: "r", TransitEncryptionEnabled: true },
  ],
  [
    "aws_cloudfront_distribution",
    {
      default_cache_behavior: [{ viewer_protocol_policy: "https-only" }],
      viewer_certificate: [{ minimum_protocol_version: "TLSv1.2_2021" }],
      logging_config: [{ bucket: "l" }],
      web_acl_id: "w",
    },
    "AWS::CloudFront::Distribution",
    {
      DistributionConfig: {
        WebACLId: "w",
        DefaultCacheBehavior: { ViewerProtocolPolicy: "https-only" },
        Logging: { Bucket: "l" },
        ViewerCertificate: { MinimumProtocolVersion: "TLSv1.2_2021" },
      },
    },
  ],
  [
    "aws_redshift_cluster",
    { cluster_identifier: "r", encrypted: "true" },
    "AWS::Redshift::Cluster",
    { ClusterIdentifier: "r", Encrypted: true, PubliclyAccessible: true },
  ],
  [
    "aws_opensearch_domain",
    {
      domain_name: "d",
      encrypt_at_rest: [{ enabled: true }],
      domain_endpoint_options: [{ tls_security_policy: "P" }],
      log_publishing_options: [{ log_type: "AUDIT_LOGS", cloudwatch_log_group_arn: "a" }],
    },
    "AWS::OpenSearchService::Domain",
    {
      DomainName: "d",
      EncryptionAtRestOptions: { Enabled: true },
      DomainEndpointOptions: { EnforceHTTPS: true, TLSSecurityPolicy: "P" },
      LogPublishingOptions: { AUDIT_LOGS: { Enabled: true, CloudWatchLogsLogGroupArn: "a" } },
    },
  ],
  [
    "aws_msk_cluster",
    { cluster_name: "m", encryption_info: [{ encryption_in_transit: [{ client_broker: "TLS", in_cluster: true }] }] },
    "AWS::MSK::Cluster",
    { ClusterName: "m", EncryptionInfo: { EncryptionInTransit: { ClientBroker: "TLS", InCluster: true } } },
  ],
  [
    "aws_kinesis_stream",
    { name: "k", encryption_type: "KMS", kms_key_id: "a" },
    "AWS::Kinesis::Stream",
    { Name: "k", StreamEncryption: { EncryptionType: "KMS", KeyId: "a" } },
  ],
  [
    "aws_backup_vault",
    { name: "v", kms_key_arn: "k" },
    "AWS::Backup::BackupVault",
    { BackupVaultName: "v", EncryptionKeyArn: "k" },
  ],
  [
    "aws_autoscaling_group",
    { name: "a", min_size: 1, tag: [{ key: "Owner", value: "risk", propagate_at_launch: true }] },
    "AWS::AutoScaling::AutoScalingGroup",
    { AutoScalingGroupName: "a", MinSize: "1", Tags: [{ Key: "Owner", Value: "risk" }] },
  ],
  [
    "aws_cloudwatch_metric_alarm",
    { alarm_name: "a", alarm_actions: [] },
    "AWS::CloudWatch::Alarm",
    { AlarmName: "a", AlarmActions: [] },
  ],
  [
    "aws_config_configuration_recorder",
    { name: "default", recording_group: [{ include_global_resource_types: true }] },
    "AWS::Config::ConfigurationRecorder",
    { Name: "default", RecordingGroup: { AllSupported: true, IncludeGlobalResourceTypes: true } },
  ],
  [
    "aws_api_gateway_stage",
    { stage_name: "prod", xray_tracing_enabled: true },
    "AWS::ApiGateway::Stage",
    { StageName: "prod", TracingEnabled: true },
  ],
];

test.each(cases)("%s becomes the provider's own", (type, values, cfn, config) => {
  const [found] = mapTerraform([evaluated(`${type}.x`, values)], { scanner: "terraform", uri: "main.tf" });
  expect({
    type: found?.resource.type,
    config: found?.resource.config,
    unknown: found?.resource.unknown,
    failures: found?.failures,
  }).toEqual({
    type: cfn,
    config,
    unknown: [],
    failures: [],
  });
});

test("no Terraform type is mapped twice, and every satellite has an owner that exists", () => {
  const types = services.flatMap((service) => service.types).flatMap((each) => each.terraform);
  expect(types.length).toBe(mappings.size);
  const known = new Set([...mappings.values()].map((each) => each.type));
  expect([...satellites.values()].flat().filter((each) => !known.has(each.owner))).toEqual([]);
});
