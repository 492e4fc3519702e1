import type { CodeFix } from "./code-fix.js";

const replaces =
  "a resource that is there already is replaced by one that is empty: take a snapshot first and restore from it";

/** Fixes of AWS resources, in Terraform and CloudFormation. */
export const awsFixes: readonly CodeFix[] = [
  {
    policy: "aws-cloudtrail-is-logging",
    terraform: { aws_cloudtrail: { enable_logging: true } },
    yaml: { IsLogging: true },
  },
  {
    policy: "aws-cloudtrail-log-validation",
    terraform: { aws_cloudtrail: { enable_log_file_validation: true } },
    yaml: { EnableLogFileValidation: true },
  },
  {
    policy: "aws-cloudtrail-multi-region",
    terraform: { aws_cloudtrail: { is_multi_region_trail: true } },
    yaml: { IsMultiRegionTrail: true },
  },
  {
    policy: "aws-dynamodb-deletion-protection",
    terraform: { aws_dynamodb_table: { deletion_protection_enabled: true } },
    yaml: { DeletionProtectionEnabled: true },
  },
  {
    policy: "aws-dynamodb-point-in-time-recovery",
    terraform: { aws_dynamodb_table: { "point_in_time_recovery.enabled": true } },
    yaml: { PointInTimeRecoveryEnabled: true },
    caution: "continuous backups are charged by size",
  },
  {
    policy: "aws-ec2-imdsv2-required",
    terraform: { aws_instance: { "metadata_options.http_tokens": "required" } },
    yaml: { HttpTokens: "required" },
    caution: "programs on the instance that still use version 1 of the metadata service lose their credentials",
  },
  {
    policy: "aws-ec2-launch-template-imdsv2",
    terraform: {
      aws_launch_template: { "metadata_options.http_tokens": "required" },
      aws_launch_configuration: { "metadata_options.http_tokens": "required" },
    },
    yaml: { HttpTokens: "required" },
    caution: "programs on new instances that still use version 1 of the metadata service get no credentials",
  },
  {
    policy: "aws-ec2-instance-detailed-monitoring",
    terraform: { aws_instance: { monitoring: true } },
    yaml: { Monitoring: true },
  },
  {
    policy: "aws-ec2-instance-volumes-encrypted",
    terraform: { aws_instance: { "root_block_device.encrypted": true } },
    caution: "an instance that is there already is replaced by a new one",
  },
  {
    policy: "aws-ec2-subnet-no-auto-public-ip",
    terraform: { aws_subnet: { map_public_ip_on_launch: false } },
    yaml: { MapPublicIpOnLaunch: false },
  },
  {
    policy: "aws-ec2-volume-encrypted",
    terraform: { aws_ebs_volume: { encrypted: true } },
    yaml: { Encrypted: true },
    caution: replaces,
  },
  {
    policy: "aws-ecr-immutable-tags",
    terraform: { aws_ecr_repository: { image_tag_mutability: "IMMUTABLE" } },
    yaml: { ImageTagMutability: "IMMUTABLE" },
  },
  {
    policy: "aws-ecr-scan-on-push",
    terraform: { aws_ecr_repository: { "image_scanning_configuration.scan_on_push": true } },
    yaml: { ScanOnPush: true },
  },
  {
    policy: "aws-efs-encrypted",
    terraform: { aws_efs_file_system: { encrypted: true } },
    yaml: { Encrypted: true },
    caution: replaces,
  },
  {
    policy: "aws-eks-control-plane-logs",
    terraform: { aws_eks_cluster: { enabled_cluster_log_types: ["api", "audit", "authenticator"] } },
    yaml: { EnabledTypes: [{ Type: "api" }, { Type: "audit" }, { Type: "authenticator" }] },
  },
  {
    policy: "aws-elasticache-encryption-at-rest",
    terraform: { aws_elasticache_replication_group: { at_rest_encryption_enabled: true } },
    yaml: { AtRestEncryptionEnabled: true },
    caution: replaces,
  },
  {
    policy: "aws-elbv2-deletion-protection",
    terraform: { aws_lb: { enable_deletion_protection: true }, aws_alb: { enable_deletion_protection: true } },
  },
  {
    policy: "aws-elbv2-drop-invalid-headers",
    terraform: { aws_lb: { drop_invalid_header_fields: true }, aws_alb: { drop_invalid_header_fields: true } },
  },
  {
    policy: "aws-kms-rotation-enabled",
    terraform: { aws_kms_key: { enable_key_rotation: true } },
    yaml: { EnableKeyRotation: true },
  },
  {
    policy: "aws-lambda-tracing",
    terraform: { aws_lambda_function: { "tracing_config.mode": "Active" } },
    yaml: { Mode: "Active" },
    caution: "the function's role needs xray:PutTraceSegments and xray:PutTelemetryRecords",
  },
  {
    policy: "aws-logs-retention",
    terraform: { aws_cloudwatch_log_group: { retention_in_days: 365 } },
    yaml: { RetentionInDays: 365 },
  },
  {
    policy: "aws-rds-backup-retention",
    terraform: { aws_db_instance: { backup_retention_period: 7 }, aws_rds_cluster: { backup_retention_period: 7 } },
    yaml: { BackupRetentionPeriod: 7 },
  },
  {
    policy: "aws-rds-cluster-deletion-protection",
    terraform: { aws_rds_cluster: { deletion_protection: true } },
    yaml: { DeletionProtection: true },
  },
  {
    policy: "aws-rds-cluster-encrypted",
    terraform: { aws_rds_cluster: { storage_encrypted: true } },
    yaml: { StorageEncrypted: true },
    caution: replaces,
  },
  {
    policy: "aws-rds-deletion-protection",
    terraform: { aws_db_instance: { deletion_protection: true } },
    yaml: { DeletionProtection: true },
  },
  {
    policy: "aws-rds-encrypted",
    terraform: { aws_db_instance: { storage_encrypted: true } },
    yaml: { StorageEncrypted: true },
    caution: replaces,
  },
  {
    policy: "aws-rds-iam-authentication",
    terraform: {
      aws_db_instance: { iam_database_authentication_enabled: true },
      aws_rds_cluster: { iam_database_authentication_enabled: true },
    },
    yaml: { EnableIAMDatabaseAuthentication: true },
  },
  {
    policy: "aws-rds-minor-version-upgrade",
    terraform: { aws_db_instance: { auto_minor_version_upgrade: true } },
    yaml: { AutoMinorVersionUpgrade: true },
  },
  {
    policy: "aws-rds-multi-az",
    terraform: { aws_db_instance: { multi_az: true } },
    yaml: { MultiAZ: true },
    caution: "the standby costs as much as the instance",
  },
  {
    policy: "aws-rds-no-public-access",
    terraform: { aws_db_instance: { publicly_accessible: false } },
    yaml: { PubliclyAccessible: false },
    caution: "who connects over the internet today cannot any more",
  },
  {
    policy: "aws-redshift-no-public-access",
    terraform: { aws_redshift_cluster: { publicly_accessible: false } },
    yaml: { PubliclyAccessible: false },
    caution: "who connects over the internet today cannot any more",
  },
  {
    policy: "aws-s3-block-public-access",
    satellite: {
      aws_s3_bucket: {
        type: "aws_s3_bucket_public_access_block",
        link: "bucket",
        set: {
          block_public_acls: true,
          block_public_policy: true,
          ignore_public_acls: true,
          restrict_public_buckets: true,
        },
      },
    },
    yaml: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
  },
  {
    policy: "aws-s3-kms-encryption",
    satellite: {
      aws_s3_bucket: {
        type: "aws_s3_bucket_server_side_encryption_configuration",
        link: "bucket",
        inline: "server_side_encryption_configuration",
        set: {
          "rule.apply_server_side_encryption_by_default.sse_algorithm": "aws:kms",
          "rule.bucket_key_enabled": true,
        },
      },
    },
    yaml: {
      ServerSideEncryptionConfiguration: [
        { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" } },
      ],
    },
    caution: "who reads the bucket needs kms:Decrypt; other accounts cannot read with the key that AWS manages",
  },
  {
    policy: "aws-s3-versioning-enabled",
    satellite: {
      aws_s3_bucket: {
        type: "aws_s3_bucket_versioning",
        link: "bucket",
        inline: "versioning",
        set: { "versioning_configuration.status": "Enabled" },
      },
    },
    yaml: { Status: "Enabled" },
    caution: "versions are charged for until a lifecycle rule removes them",
  },
  {
    policy: "aws-sqs-encrypted",
    terraform: { aws_sqs_queue: { sqs_managed_sse_enabled: true } },
    yaml: { SqsManagedSseEnabled: true },
  },
];
