// Let nothing through the default security group: exactly the rules that the policy names.
import { revocation } from "./security-group-rules.js";

export const ec2DefaultSecurityGroupClosed = revocation({
  id: "aws-ec2-default-security-group-closed",
  title: "Let nothing through the default security group",
  policies: ["aws-ec2-default-security-group-closed"],
  caution: "What was started without a group of its own loses its network.",
});
