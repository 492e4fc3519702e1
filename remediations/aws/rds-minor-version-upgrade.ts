// Let the database take minor versions by itself.
import { rdsSetting } from "./rds-setting.js";

export const rdsMinorVersionUpgrade = rdsSetting({
  id: "aws-rds-minor-version-upgrade",
  title: "Let the database take minor versions by itself",
  policies: ["aws-rds-minor-version-upgrade"],
  types: ["AWS::RDS::DBInstance"],
  undo: "Turns the upgrades off again; a version that was taken stays.",
  caution: null,
  pointer: "/config/AutoMinorVersionUpgrade",
  wanted: () => true,
  change: (value) => ({ AutoMinorVersionUpgrade: value === true }),
});
