// Revoke rules that open every port to the internet: exactly the rules that the policy names.
import { revocation } from "./security-group-rules.js";

export const ec2NoUnrestrictedIngress = revocation({
  id: "aws-ec2-no-unrestricted-ingress",
  title: "Revoke rules that open every port to the internet",
  policies: ["aws-ec2-no-unrestricted-ingress"],
  caution: "What depended on such a rule needs one of its own.",
});
