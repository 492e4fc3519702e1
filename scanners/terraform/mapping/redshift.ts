import { bool, number, object, text, block, type Shape, type ServiceMapping } from "./shape.js";

const logging: Shape = {
  BucketName: text("bucket_name"),
  S3KeyPrefix: text("s3_key_prefix"),
  LogDestinationType: text("log_destination_type"),
};

export const redshift: ServiceMapping = {
  types: [
    {
      terraform: ["aws_redshift_cluster"],
      type: "AWS::Redshift::Cluster",
      name: "cluster_identifier",
      properties: {
        ClusterIdentifier: text("cluster_identifier"),
        NodeType: text("node_type"),
        Encrypted: bool("encrypted"),
        KmsKeyId: text("kms_key_id"),
        PubliclyAccessible: bool("publicly_accessible", true),
        EnhancedVpcRouting: bool("enhanced_vpc_routing"),
        AllowVersionUpgrade: bool("allow_version_upgrade"),
        AutomatedSnapshotRetentionPeriod: number("automated_snapshot_retention_period"),
        MultiAZ: bool("multi_az"),
        ClusterParameterGroupName: text("cluster_parameter_group_name"),
        LoggingProperties: block("logging", logging),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_redshift_logging"],
      owner: "AWS::Redshift::Cluster",
      links: ["cluster_identifier"],
      merge: "set",
      properties: { LoggingProperties: object(logging) },
    },
  ],
};
