// Give the database no public address.
import { rdsSetting } from "./rds-setting.js";

export const rdsNoPublicAccess = rdsSetting({
  id: "aws-rds-no-public-access",
  title: "Give the database no public address",
  policies: ["aws-rds-no-public-access"],
  types: ["AWS::RDS::DBInstance"],
  undo: "Gives the database a public address again.",
  caution: "Clients outside of the network lose their way to the database.",
  pointer: "/config/PubliclyAccessible",
  wanted: () => false,
  change: (value) => ({ PubliclyAccessible: value === true }),
});
