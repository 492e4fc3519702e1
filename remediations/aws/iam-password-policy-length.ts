// Ask for passwords of 12 characters.
import { passwordSetting } from "./iam-password-setting.js";

export const iamPasswordPolicyLength = passwordSetting({
  id: "aws-iam-password-policy-length",
  title: "Ask for passwords of 12 characters",
  policies: ["aws-iam-password-policy-length"],
  change: { MinimumPasswordLength: 12 },
});
