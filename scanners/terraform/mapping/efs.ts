import { block, blocks, bool, json, number, text, type ServiceMapping } from "./shape.js";

export const efs: ServiceMapping = {
  types: [
    {
      terraform: ["aws_efs_file_system"],
      type: "AWS::EFS::FileSystem",
      name: "creation_token",
      identities: ["id", "arn"],
      properties: {
        Encrypted: bool("encrypted"),
        KmsKeyId: text("kms_key_id"),
        PerformanceMode: text("performance_mode"),
        ThroughputMode: text("throughput_mode"),
        ProvisionedThroughputInMibps: number("provisioned_throughput_in_mibps"),
        LifecyclePolicies: blocks("lifecycle_policy", {
          TransitionToIA: text("transition_to_ia"),
          TransitionToPrimaryStorageClass: text("transition_to_primary_storage_class"),
        }),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_efs_backup_policy"],
      owner: "AWS::EFS::FileSystem",
      links: ["file_system_id"],
      merge: "set",
      properties: { BackupPolicy: block("backup_policy", { Status: text("status") }) },
    },
    {
      terraform: ["aws_efs_file_system_policy"],
      owner: "AWS::EFS::FileSystem",
      links: ["file_system_id"],
      merge: "set",
      properties: { FileSystemPolicy: json("policy") },
    },
  ],
};
