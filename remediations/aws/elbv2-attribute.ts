// One attribute of a load balancer; the others are not sent.
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, type Json, type JsonObject } from "../../src/json.js";
import { withValue, type AwsRemediation } from "./aws-remediation.js";

const pointer = "/config/LoadBalancerAttributes";

function attributesOf({ config }: Resource): readonly JsonObject[] {
  const attributes = config["LoadBalancerAttributes"];
  return Array.isArray(attributes) ? (attributes as readonly Json[]).filter(isObject) : [];
}

type Facts = Pick<AwsRemediation, "id" | "title" | "policies" | "undo" | "caution">;

export function balancerAttribute({ key, ...facts }: Facts & { readonly key: string }): AwsRemediation {
  const valueOf = (resource: Resource): Json =>
    attributesOf(resource).find(({ Key }) => Key === key)?.["Value"] ?? null;
  return {
    ...facts,
    types: ["AWS::ElasticLoadBalancingV2::LoadBalancer"],
    permissions: {
      read: [
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
      ],
      write: ["elasticloadbalancing:ModifyLoadBalancerAttributes"],
    },
    touches: [pointer],
    plan(before) {
      const former = valueOf(before);
      const wanted = { Key: key, Value: "true" };
      const attributes = attributesOf(before).map((one) => (one["Key"] === key ? wanted : one));
      return {
        after: withValue(before, pointer, former === null ? [...attributes, wanted] : attributes),
        value: { value: "true" },
        former: former === null ? null : { value: former },
      };
    },
    property: valueOf,
    write: async (clients, place, { value }) => {
      const sdk = await import("@aws-sdk/client-elastic-load-balancing-v2");
      const Attributes = [{ Key: key, Value: value === "true" ? "true" : "false" }];
      const command = new sdk.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: place.id, Attributes });
      await clients.of(sdk.ElasticLoadBalancingV2Client, place.region).send(command);
    },
  };
}
