// Close databases, caches and brokers to the internet: exactly the rules that the policy names.
import { revocation } from "./security-group-rules.js";

export const ec2NoPublicDatabasePorts = revocation({
  id: "aws-ec2-no-public-database-ports",
  title: "Close databases, caches and brokers to the internet",
  policies: ["aws-ec2-no-public-database-ports"],
  caution: "Clients outside lose their connection for new requests.",
});
