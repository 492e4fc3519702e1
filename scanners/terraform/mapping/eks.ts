import type { Json } from "../../../src/json.js";
import { child, isAbsent, items } from "./argument.js";
import { placeOf, verbatim, type Node } from "./node.js";
import { any, block, blocks, bool, custom, group, number, text, type ServiceMapping } from "./shape.js";

/** `["api", "audit"]` to `[{Type: "api"}, {Type: "audit"}]`. */
const enabledLogTypes = custom(
  ["enabled_cluster_log_types"],
  (root) => {
    const argument = child(root, "enabled_cluster_log_types");
    const at = placeOf(argument);
    if (isAbsent(argument)) return undefined;
    const all = items(argument);
    if (all === "unknown") return { kind: "unknown", at };
    const types = all.map((each): Node => {
      const type = verbatim(each) ?? { kind: "unknown", at: placeOf(each) };
      return { kind: "object", fields: new Map([["Type", type]]), at: placeOf(each) };
    });
    return { kind: "list", items: types, at };
  },
  (value) => ({
    enabled_cluster_log_types: (value as readonly { readonly Type?: Json }[]).flatMap(({ Type: type }) => type ?? []),
  }),
);

export const eks: ServiceMapping = {
  types: [
    {
      terraform: ["aws_eks_cluster"],
      type: "AWS::EKS::Cluster",
      name: "name",
      properties: {
        Name: text("name"),
        Version: text("version"),
        RoleArn: text("role_arn"),
        ResourcesVpcConfig: block("vpc_config", {
          EndpointPublicAccess: bool("endpoint_public_access"),
          EndpointPrivateAccess: bool("endpoint_private_access"),
          PublicAccessCidrs: any("public_access_cidrs"),
          SubnetIds: any("subnet_ids"),
          SecurityGroupIds: any("security_group_ids"),
        }),
        EncryptionConfig: blocks("encryption_config", {
          Resources: any("resources"),
          Provider: block("provider", { KeyArn: text("key_arn") }),
        }),
        Logging: group({ ClusterLogging: group({ EnabledTypes: enabledLogTypes }) }),
        DeletionProtection: bool("deletion_protection"),
      },
    },
    {
      terraform: ["aws_eks_node_group"],
      type: "AWS::EKS::Nodegroup",
      name: "node_group_name",
      properties: {
        NodegroupName: text("node_group_name"),
        ClusterName: text("cluster_name"),
        NodeRole: text("node_role_arn"),
        Subnets: any("subnet_ids"),
        AmiType: text("ami_type"),
        CapacityType: text("capacity_type"),
        RemoteAccess: block("remote_access", {
          Ec2SshKey: text("ec2_ssh_key"),
          SourceSecurityGroups: any("source_security_group_ids"),
        }),
        ScalingConfig: block("scaling_config", {
          DesiredSize: number("desired_size"),
          MinSize: number("min_size"),
          MaxSize: number("max_size"),
        }),
      },
    },
  ],
  satellites: [],
};
