import { isObject, type JsonObject } from "../../../src/json.js";
import { any, block, bool, custom, json, number, text, type Shape, type ServiceMapping } from "./shape.js";
import { child, isAbsent, items, textOf } from "./argument.js";
import { placeOf, type Node } from "./node.js";
import { read } from "./read.js";

/** One block a log type in Terraform, a map by log type in CloudFormation. */
const logPublishing = custom(
  ["log_publishing_options"],
  (root, context) => {
    const argument = child(root, "log_publishing_options");
    const at = placeOf(argument);
    const all = isAbsent(argument) ? [] : items(argument);
    if (all === "unknown") return { kind: "unknown", at };
    const fields = new Map<string, Node>();
    for (const each of all) {
      const type = textOf(child(each, "log_type"));
      if (type === "unknown") return { kind: "unknown", at };
      const option = read(each, publishingOption, context);
      if (type !== undefined && option !== undefined) fields.set(type.known, option);
    }
    return fields.size === 0 ? undefined : { kind: "object", fields, at };
  },
  (value) => ({
    log_publishing_options: Object.entries(value as JsonObject).map(([type, option]) => {
      const { Enabled: enabled = true, CloudWatchLogsLogGroupArn: group = null } = isObject(option) ? option : {};
      return { log_type: type, enabled, cloudwatch_log_group_arn: group };
    }),
  }),
);

const publishingOption = {
  kind: "object",
  shape: { Enabled: bool("enabled", true), CloudWatchLogsLogGroupArn: text("cloudwatch_log_group_arn") },
} as const;

const shared: Shape = {
  DomainName: text("domain_name"),
  AccessPolicies: json("access_policies"),
  EncryptionAtRestOptions: block("encrypt_at_rest", { Enabled: bool("enabled"), KmsKeyId: text("kms_key_id") }),
  NodeToNodeEncryptionOptions: block("node_to_node_encryption", { Enabled: bool("enabled") }),
  DomainEndpointOptions: block("domain_endpoint_options", {
    EnforceHTTPS: bool("enforce_https", true),
    TLSSecurityPolicy: text("tls_security_policy"),
  }),
  AdvancedSecurityOptions: block("advanced_security_options", {
    Enabled: bool("enabled"),
    InternalUserDatabaseEnabled: bool("internal_user_database_enabled"),
  }),
  LogPublishingOptions: logPublishing,
  VPCOptions: block("vpc_options", { SubnetIds: any("subnet_ids"), SecurityGroupIds: any("security_group_ids") }),
};

const cluster: Shape = {
  InstanceCount: number("instance_count"),
  InstanceType: text("instance_type"),
  DedicatedMasterEnabled: bool("dedicated_master_enabled"),
  ZoneAwarenessEnabled: bool("zone_awareness_enabled"),
};

/** Computed where they are not written: then they are set by a resource of their own, or there are none. */
const computedLegacy = ["access_policies"];

export const opensearch: ServiceMapping = {
  types: [
    {
      terraform: ["aws_opensearch_domain"],
      type: "AWS::OpenSearchService::Domain",
      name: "domain_name",
      properties: { ...shared, EngineVersion: text("engine_version"), ClusterConfig: block("cluster_config", cluster) },
      computedLegacy,
    },
    {
      terraform: ["aws_elasticsearch_domain"],
      type: "AWS::Elasticsearch::Domain",
      name: "domain_name",
      properties: {
        ...shared,
        ElasticsearchVersion: text("elasticsearch_version"),
        ElasticsearchClusterConfig: block("cluster_config", cluster),
      },
      computedLegacy,
    },
  ],
  satellites: [
    {
      terraform: ["aws_opensearch_domain_policy"],
      owner: "AWS::OpenSearchService::Domain",
      links: ["domain_name"],
      merge: "set",
      properties: { AccessPolicies: json("access_policies") },
    },
    {
      terraform: ["aws_elasticsearch_domain_policy"],
      owner: "AWS::Elasticsearch::Domain",
      links: ["domain_name"],
      merge: "set",
      properties: { AccessPolicies: json("access_policies") },
    },
  ],
};
