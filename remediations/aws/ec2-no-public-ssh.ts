// Close SSH to the internet: exactly the rules that the policy names.
import { revocation } from "./security-group-rules.js";

export const ec2NoPublicSsh = revocation({
  id: "aws-ec2-no-public-ssh",
  title: "Close SSH to the internet",
  policies: ["aws-ec2-no-public-ssh"],
  caution: "Whoever comes in that way from outside cannot any more.",
});
