import type { AwsContext } from "./service.js";

export { partitionOf } from "../../src/inventory/aws-partition.js";

/** The ARN of something of EC2, whose API mostly gives only the id. Networks can be shared: their owner is in it. */
export function ec2Arn(context: AwsContext, kind: string, id: string, owner: string = context.account): string {
  return `arn:${context.partition}:ec2:${context.region}:${owner}:${kind}/${id}`;
}

export function bucketArn(context: AwsContext, bucket: string): string {
  return `arn:${context.partition}:s3:::${bucket}`;
}

/** The ARN of a KMS key that a resource names by ARN or by id; an alias says nothing of the key behind it. */
export function keyArn(
  context: AwsContext,
  key: string | undefined,
  region: string = context.region,
): string | undefined {
  if (key === undefined || key.startsWith("arn:")) return key;
  return /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(key)
    ? accountArn(context, "kms", `key/${key}`, region)
    : undefined;
}

export function accountArn(context: AwsContext, service: string, what: string, region = ""): string {
  return `arn:${context.partition}:${service}:${region}:${context.account}:${what}`;
}

/** The name at the end of an ARN: behind the last `/` or `:`. */
export function lastPart(arn: string, separator: "/" | ":"): string {
  return arn.split(separator).at(-1) ?? arn;
}
