// Let IAM users and roles log in to the database.
import { rdsSetting } from "./rds-setting.js";

export const rdsIamAuthentication = rdsSetting({
  id: "aws-rds-iam-authentication",
  title: "Let IAM users and roles log in to the database",
  policies: ["aws-rds-iam-authentication"],
  types: ["AWS::RDS::DBInstance"],
  undo: "Turns it off again.",
  caution: null,
  pointer: "/config/EnableIAMDatabaseAuthentication",
  wanted: () => true,
  change: (value) => ({ EnableIAMDatabaseAuthentication: value === true }),
});
