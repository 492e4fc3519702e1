import { isUnknown, isValueObject, Unknown, type Value, type ValueObject } from "./value.js";

/** A resource type that policies look at as a property of another: what it belongs to, and what it puts there. */
export interface Satellite {
  readonly type: string;
  readonly owner: string;
  /** The property that names the owner, or a list of owners. */
  readonly link: string;
  /** The owner's property that it sets. */
  readonly property: string;
  /** The value that it puts there, from its own properties. */
  readonly value: (properties: ValueObject) => Value;
  /** True when the owner's property is a list that it adds an element to. */
  readonly element: boolean;
}

const whole = (properties: ValueObject): Value => properties;
const pick =
  (...names: string[]) =>
  (properties: ValueObject): Value =>
    Object.fromEntries(
      names.flatMap((name) => (Object.hasOwn(properties, name) ? [[name, properties[name] ?? null]] : [])),
    );
const without =
  (...names: string[]) =>
  (properties: ValueObject): Value =>
    Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));

const set = (type: string, owner: string, link: string, property: string, value: Satellite["value"]): Satellite => ({
  type,
  owner,
  link,
  property,
  value,
  element: false,
});
const add = (type: string, owner: string, link: string, property: string, value: Satellite["value"]): Satellite => ({
  type,
  owner,
  link,
  property,
  value,
  element: true,
});

export const satellites: readonly Satellite[] = [
  set("AWS::S3::BucketPolicy", "AWS::S3::Bucket", "Bucket", "BucketPolicy", pick("PolicyDocument")),
  set("AWS::SQS::QueuePolicy", "AWS::SQS::Queue", "Queues", "QueuePolicy", pick("PolicyDocument")),
  set("AWS::SNS::TopicPolicy", "AWS::SNS::Topic", "Topics", "TopicPolicy", pick("PolicyDocument")),
  set(
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::Secret",
    "SecretId",
    "RotationSchedule",
    without("SecretId"),
  ),
  set(
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::Secret",
    "SecretId",
    "ResourcePolicy",
    pick("ResourcePolicy"),
  ),
  set("AWS::Lambda::Url", "AWS::Lambda::Function", "TargetFunctionArn", "Url", without("TargetFunctionArn")),
  add("AWS::Lambda::Permission", "AWS::Lambda::Function", "FunctionName", "Permissions", without("FunctionName")),
  add(
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroup",
    "GroupId",
    "SecurityGroupIngress",
    without("GroupId", "GroupName"),
  ),
  add("AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroup", "GroupId", "SecurityGroupEgress", without("GroupId")),
  add("AWS::EC2::FlowLog", "AWS::EC2::VPC", "ResourceId", "FlowLogs", without("ResourceId", "Tags")),
  add(
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "LoadBalancerArn",
    "Listeners",
    whole,
  ),
  ...["AWS::IAM::Policy", "AWS::IAM::UserPolicy"].map((type) =>
    add(
      type,
      "AWS::IAM::User",
      type === "AWS::IAM::Policy" ? "Users" : "UserName",
      "Policies",
      pick("PolicyName", "PolicyDocument"),
    ),
  ),
  ...["AWS::IAM::Policy", "AWS::IAM::RolePolicy"].map((type) =>
    add(
      type,
      "AWS::IAM::Role",
      type === "AWS::IAM::Policy" ? "Roles" : "RoleName",
      "Policies",
      pick("PolicyName", "PolicyDocument"),
    ),
  ),
  ...["AWS::IAM::Policy", "AWS::IAM::GroupPolicy"].map((type) =>
    add(
      type,
      "AWS::IAM::Group",
      type === "AWS::IAM::Policy" ? "Groups" : "GroupName",
      "Policies",
      pick("PolicyName", "PolicyDocument"),
    ),
  ),
  add("AWS::IAM::AccessKey", "AWS::IAM::User", "UserName", "AccessKeys", pick("Status")),
];

/** Properties that give a resource the name by which a satellite may call it. */
const nameProperties = [
  ..."BucketName TableName QueueName TopicName FunctionName DBInstanceIdentifier DBClusterIdentifier RoleName UserName GroupName LogGroupName".split(
    " ",
  ),
  ..."TrailName ManagedPolicyName RepositoryName ClusterName StreamName Name".split(" "),
];

export function nameOf(properties: ValueObject): string | null {
  for (const property of nameProperties) {
    const value = Object.hasOwn(properties, property) ? properties[property] : undefined;
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

interface Candidate {
  readonly id: string;
  readonly properties: ValueObject;
}

/** Whether a satellite belongs to a resource: it does, it does not, or nobody can tell before the deployment. */
export function belongs(link: Value | undefined, owner: Candidate): boolean | null {
  if (link === undefined || link === null) return false;
  if (Array.isArray(link)) {
    const each = (link as readonly Value[]).map((one) => belongs(one, owner));
    return each.includes(true) ? true : each.includes(null) ? null : false;
  }
  if (isUnknown(link)) return link.exact ? link.references[0] === owner.id : null;
  if (typeof link !== "string") return isValueObject(link) ? null : false;
  const name = nameOf(owner.properties);
  if (name !== null) return link === name || link.endsWith(`:${name}`) || link.endsWith(`/${name}`);
  // The owner's name is made by CloudFormation (then no text equals it), or it is not known.
  return Object.values(owner.properties).some((value) => isUnknown(value)) ? null : false;
}

/** Puts what a satellite sets into its owner's properties. */
export function fold(properties: ValueObject, { property, element }: Satellite, value: Value): ValueObject {
  if (!element || value instanceof Unknown) return { ...properties, [property]: value };
  const before = Object.hasOwn(properties, property) ? properties[property] : undefined;
  if (before instanceof Unknown) return properties;
  return { ...properties, [property]: [...(Array.isArray(before) ? (before as readonly Value[]) : []), value] };
}
