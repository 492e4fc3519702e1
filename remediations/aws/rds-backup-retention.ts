// Keep backups for 7 days.
import { rdsSetting } from "./rds-setting.js";

export const rdsBackupRetention = rdsSetting({
  id: "aws-rds-backup-retention",
  title: "Keep backups for 7 days",
  policies: ["aws-rds-backup-retention"],
  types: ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"],
  undo: "Keeps backups as long as before; 0 turns them off and removes those that were made.",
  caution:
    "Backups cost storage. From 0, RDS takes a first backup at once, for which the database may stand still shortly.",
  pointer: "/config/BackupRetentionPeriod",
  wanted: () => 7,
  change: (value) => ({ BackupRetentionPeriod: Number(value) }),
});
