// Protect the database against deletion.
import { rdsSetting } from "./rds-setting.js";

export const rdsDeletionProtection = rdsSetting({
  id: "aws-rds-deletion-protection",
  title: "Protect the database against deletion",
  policies: ["aws-rds-deletion-protection"],
  types: ["AWS::RDS::DBInstance"],
  undo: "Turns the protection off again.",
  caution: null,
  pointer: "/config/DeletionProtection",
  wanted: () => true,
  change: (value) => ({ DeletionProtection: value === true }),
});
