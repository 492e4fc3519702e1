import { any, bool, number, text, type Shape, type ServiceMapping } from "./shape.js";

const both: Shape = {
  Engine: text("engine"),
  EngineVersion: text("engine_version"),
  StorageEncrypted: bool("storage_encrypted"),
  KmsKeyId: text("kms_key_id"),
  DeletionProtection: bool("deletion_protection"),
  EnableCloudwatchLogsExports: any("enabled_cloudwatch_logs_exports"),
  EnableIAMDatabaseAuthentication: bool("iam_database_authentication_enabled"),
  Port: number("port"),
  PreferredBackupWindow: text("preferred_backup_window"),
  ManageMasterUserPassword: bool("manage_master_user_password"),
};

const instance: Shape = {
  ...both,
  PreferredBackupWindow: text("backup_window"),
  DBInstanceIdentifier: text("identifier"),
  DBInstanceClass: text("instance_class"),
  AllocatedStorage: number("allocated_storage"),
  StorageType: text("storage_type"),
  PubliclyAccessible: bool("publicly_accessible", false),
  // Terraform sends 0 (no backups) where it is left out; CloudFormation's default is 1.
  BackupRetentionPeriod: number("backup_retention_period", 0),
  MultiAZ: bool("multi_az"),
  AutoMinorVersionUpgrade: bool("auto_minor_version_upgrade"),
  CopyTagsToSnapshot: bool("copy_tags_to_snapshot"),
  EnablePerformanceInsights: bool("performance_insights_enabled"),
  PerformanceInsightsKMSKeyId: text("performance_insights_kms_key_id"),
  MonitoringInterval: number("monitoring_interval"),
  DBSubnetGroupName: text("db_subnet_group_name"),
  DBParameterGroupName: text("parameter_group_name"),
  CACertificateIdentifier: text("ca_cert_identifier"),
  VPCSecurityGroups: any("vpc_security_group_ids"),
  SourceDBInstanceIdentifier: text("replicate_source_db"),
};

/** What an instance of a cluster leaves to its cluster (storage, backups) is not its own. */
const clusterInstance: Shape = {
  Engine: text("engine"),
  EngineVersion: text("engine_version"),
  DBInstanceIdentifier: text("identifier"),
  DBClusterIdentifier: text("cluster_identifier"),
  DBInstanceClass: text("instance_class"),
  PubliclyAccessible: bool("publicly_accessible", false),
  AutoMinorVersionUpgrade: bool("auto_minor_version_upgrade"),
  CopyTagsToSnapshot: bool("copy_tags_to_snapshot"),
  EnablePerformanceInsights: bool("performance_insights_enabled"),
  PerformanceInsightsKMSKeyId: text("performance_insights_kms_key_id"),
  MonitoringInterval: number("monitoring_interval"),
  StorageEncrypted: bool("storage_encrypted"),
  KmsKeyId: text("kms_key_id"),
};

export const rds: ServiceMapping = {
  types: [
    {
      terraform: ["aws_db_instance"],
      type: "AWS::RDS::DBInstance",
      name: "identifier",
      properties: instance,
    },
    {
      terraform: ["aws_rds_cluster"],
      type: "AWS::RDS::DBCluster",
      name: "cluster_identifier",
      properties: {
        ...both,
        DBClusterIdentifier: text("cluster_identifier"),
        EngineMode: text("engine_mode"),
        BackupRetentionPeriod: number("backup_retention_period"),
        CopyTagsToSnapshot: bool("copy_tags_to_snapshot"),
        PerformanceInsightsEnabled: bool("performance_insights_enabled"),
        StorageType: text("storage_type"),
        DBSubnetGroupName: text("db_subnet_group_name"),
        VpcSecurityGroupIds: any("vpc_security_group_ids"),
        BacktrackWindow: number("backtrack_window"),
      },
    },
    {
      terraform: ["aws_rds_cluster_instance"],
      type: "AWS::RDS::DBInstance",
      name: "identifier",
      properties: clusterInstance,
    },
  ],
  satellites: [],
};
