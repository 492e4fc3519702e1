// The TLS versions that a listener takes.
import { setting, textOf } from "./aws-remediation.js";

export const elbv2TlsPolicy = setting({
  id: "aws-elbv2-tls-policy",
  title: "Take TLS 1.2 and 1.3 only",
  policies: ["aws-elbv2-tls-policy"],
  types: ["AWS::ElasticLoadBalancingV2::Listener"],
  permissions: {
    read: ["elasticloadbalancing:DescribeListeners"],
    write: ["elasticloadbalancing:ModifyListener"],
  },
  undo: "Sets the security policy as it was.",
  caution: "Clients that know TLS 1.0 or 1.1 only cannot connect any more.",
  pointer: "/config/SslPolicy",
  wanted: () => "ELBSecurityPolicy-TLS13-1-2-2021-06",
  canRestore: (former) => typeof former === "string",
  set: async (clients, place, value) => {
    const sdk = await import("@aws-sdk/client-elastic-load-balancing-v2");
    const command = new sdk.ModifyListenerCommand({ ListenerArn: place.id, SslPolicy: textOf(value, "the policy") });
    await clients.of(sdk.ElasticLoadBalancingV2Client, place.region).send(command);
  },
});
