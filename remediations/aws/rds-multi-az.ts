// Keep a standby of the database in another zone.
import { rdsSetting } from "./rds-setting.js";

export const rdsMultiAz = rdsSetting({
  id: "aws-rds-multi-az",
  title: "Keep a standby of the database in another zone",
  policies: ["aws-rds-multi-az"],
  types: ["AWS::RDS::DBInstance"],
  undo: "Removes the standby again.",
  caution: "A standby about doubles the price, and making it can slow the database down for a while.",
  pointer: "/config/MultiAZ",
  wanted: () => true,
  change: (value) => ({ MultiAZ: value === true }),
});
