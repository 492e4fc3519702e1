// Refuse the last 4 passwords.
import { passwordSetting } from "./iam-password-setting.js";

export const iamPasswordPolicyReuse = passwordSetting({
  id: "aws-iam-password-policy-reuse",
  title: "Refuse the last 4 passwords",
  policies: ["aws-iam-password-policy-reuse"],
  change: { PasswordReusePrevention: 4 },
});
