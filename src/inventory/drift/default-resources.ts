// What the provider makes in every account by itself: nobody manages it, and nobody has to. Only the provider's own word for it
// counts: what anybody can choose (an address range, a name in a path) says nothing.
import { isObject, own, type Json } from "../../json.js";
import type { ScannedResource } from "../scan-item.js";

type Test = (item: ScannedResource) => boolean;

const always: Test = () => true;

/** By type, from https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html and the services' own guides. */
const defaults: { readonly [type: string]: Test } = {
  "AWS::EC2::VPC": (vpc) => answered(vpc, "DescribeVpcs", "IsDefault") === true,
  "AWS::EC2::Subnet": (subnet) => answered(subnet, "DescribeSubnets", "DefaultForAz") === true,
  // Every network has one, which cannot be removed. No other can have the name.
  "AWS::EC2::SecurityGroup": (group) => own(group.resource.config, "GroupName") === "default" && hasDefaultRules(group),
  "AWS::IAM::Role": ({ resource }) =>
    /^arn:aws[\w-]*:iam::\d{12}:role\/(aws-service-role|aws-reserved)\//.test(resource.id),
  "AWS::IAM::ManagedPolicy": ({ resource }) => /^arn:aws[\w-]*:iam::aws:policy\//.test(resource.id),
  "AWS::KMS::Key": ({ resource }) => own(resource.config, "KeyManager") === "AWS",
  // Settings of an account or region, which are always there.
  "AWS::EC2::EbsEncryptionByDefault": always,
  "AWS::IAM::AccountPasswordPolicy": always,
  "AWS::IAM::AccountSummary": always,
  "AWS::S3::AccountPublicAccessBlock": always,
};

export function isDefaultResource(item: ScannedResource): boolean {
  return own(defaults, item.resource.type)?.(item) ?? false;
}

/** What the provider answered, which is no property of the type. */
function answered({ resource }: ScannedResource, operation: string, name: string): Json | undefined {
  const answer = isObject(resource.raw) ? own(resource.raw, operation) : undefined;
  return isObject(answer) ? own(answer, name) : undefined;
}

/** From itself, and to everywhere. A default group that somebody opened is no default any more. */
function hasDefaultRules({ resource: { id, config } }: ScannedResource): boolean {
  const isOwn = (rule: Json): boolean =>
    isObject(rule) && own(rule, "SourceSecurityGroupId") === id.slice(id.lastIndexOf("/") + 1);
  const isEverywhere = (rule: Json): boolean =>
    isObject(rule) && own(rule, "CidrIp") === "0.0.0.0/0" && own(rule, "IpProtocol") === "-1";
  return (
    rulesAt(own(config, "SecurityGroupIngress")).every(isOwn) &&
    rulesAt(own(config, "SecurityGroupEgress")).every((rule) => isEverywhere(rule) || isOwn(rule))
  );
}

function rulesAt(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
