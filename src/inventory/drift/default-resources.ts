// What the provider makes in every account by itself: nobody manages it, and nobody has to.
import { own, type Json } from "../../json.js";
import type { LiveResource } from "./drift.js";

type Test = (resource: LiveResource) => boolean;

const config = ({ config: values }: LiveResource, name: string): Json | undefined => own(values, name);
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const always: Test = () => true;

/** By type, from https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html and the services' own guides. */
const defaults: { readonly [type: string]: Test } = {
  "AWS::EC2::VPC": (vpc) => config(vpc, "IsDefault") === true || config(vpc, "CidrBlock") === "172.31.0.0/16",
  "AWS::EC2::Subnet": (subnet) =>
    config(subnet, "DefaultForAz") === true || /^172\.31\./.test(textOf(config(subnet, "CidrBlock"))),
  // Every network has one, which cannot be removed.
  "AWS::EC2::SecurityGroup": (group) => config(group, "GroupName") === "default",
  "AWS::IAM::Role": ({ id }) => /:role\/(aws-service-role|aws-reserved)\//.test(id),
  "AWS::IAM::ManagedPolicy": ({ id }) => id.includes(":aws:policy/"),
  "AWS::KMS::Key": (key) => config(key, "KeyManager") === "AWS",
  // Settings of an account or region, which are always there.
  "AWS::EC2::EbsEncryptionByDefault": always,
  "AWS::IAM::AccountPasswordPolicy": always,
  "AWS::IAM::AccountSummary": always,
  "AWS::S3::AccountPublicAccessBlock": always,
};

export function isDefaultResource(resource: LiveResource): boolean {
  return own(defaults, resource.type)?.(resource) ?? false;
}
