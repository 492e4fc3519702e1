// Close RDP to the internet: exactly the rules that the policy names.
import { revocation } from "./security-group-rules.js";

export const ec2NoPublicRdp = revocation({
  id: "aws-ec2-no-public-rdp",
  title: "Close RDP to the internet",
  policies: ["aws-ec2-no-public-rdp"],
  caution: "Whoever comes in that way from outside cannot any more.",
});
