// Ask for all four kinds of characters in passwords.
import { passwordSetting } from "./iam-password-setting.js";

export const iamPasswordPolicyComplexity = passwordSetting({
  id: "aws-iam-password-policy-complexity",
  title: "Ask for all four kinds of characters in passwords",
  policies: ["aws-iam-password-policy-complexity"],
  change: {
    RequireLowercaseCharacters: true,
    RequireUppercaseCharacters: true,
    RequireNumbers: true,
    RequireSymbols: true,
  },
});
