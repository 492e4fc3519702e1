import { block, blocks, bool, json, number, object, text, type ServiceMapping } from "./shape.js";

const lifecycle = block("lifecycle", {
  DeleteAfterDays: number("delete_after"),
  MoveToColdStorageAfterDays: number("cold_storage_after"),
});

export const backup: ServiceMapping = {
  types: [
    {
      terraform: ["aws_backup_vault"],
      type: "AWS::Backup::BackupVault",
      name: "name",
      properties: { BackupVaultName: text("name"), EncryptionKeyArn: text("kms_key_arn") },
    },
    {
      terraform: ["aws_backup_plan"],
      type: "AWS::Backup::BackupPlan",
      name: "name",
      properties: {
        BackupPlan: object({
          BackupPlanName: text("name"),
          BackupPlanRule: blocks("rule", {
            RuleName: text("rule_name"),
            TargetBackupVault: text("target_vault_name"),
            ScheduleExpression: text("schedule"),
            EnableContinuousBackup: bool("enable_continuous_backup"),
            Lifecycle: lifecycle,
            CopyActions: blocks("copy_action", {
              DestinationBackupVaultArn: text("destination_vault_arn"),
              Lifecycle: lifecycle,
            }),
          }),
        }),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_backup_vault_policy"],
      owner: "AWS::Backup::BackupVault",
      links: ["backup_vault_name"],
      merge: "set",
      properties: { AccessPolicy: json("policy") },
    },
    {
      terraform: ["aws_backup_vault_lock_configuration"],
      owner: "AWS::Backup::BackupVault",
      links: ["backup_vault_name"],
      merge: "set",
      properties: {
        LockConfiguration: object({
          MinRetentionDays: number("min_retention_days"),
          MaxRetentionDays: number("max_retention_days"),
          ChangeableForDays: number("changeable_for_days"),
        }),
      },
    },
  ],
};
