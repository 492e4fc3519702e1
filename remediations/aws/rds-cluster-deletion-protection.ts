// Protect the cluster against deletion.
import { rdsSetting } from "./rds-setting.js";

export const rdsClusterDeletionProtection = rdsSetting({
  id: "aws-rds-cluster-deletion-protection",
  title: "Protect the cluster against deletion",
  policies: ["aws-rds-cluster-deletion-protection"],
  types: ["AWS::RDS::DBCluster"],
  undo: "Turns the protection off again.",
  caution: null,
  pointer: "/config/DeletionProtection",
  wanted: () => true,
  change: (value) => ({ DeletionProtection: value === true }),
});
