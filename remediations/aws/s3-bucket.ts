// What a fix of a bucket reads again, and how it calls S3: always for the bucket of this account, never another's of that name.
import type { S3Client } from "@aws-sdk/client-s3";
import type { Clients } from "../../scanners/aws/clients.js";
import { nameOf, type AwsPlace } from "./aws-remediation.js";

export const bucketReads: readonly string[] = [
  "s3:GetBucketAcl",
  "s3:GetBucketCORS",
  "s3:GetBucketLocation",
  "s3:GetBucketLogging",
  "s3:GetBucketNotification",
  "s3:GetBucketObjectLockConfiguration",
  "s3:GetBucketOwnershipControls",
  "s3:GetBucketPolicy",
  "s3:GetBucketPublicAccessBlock",
  "s3:GetBucketTagging",
  "s3:GetBucketVersioning",
  "s3:GetBucketWebsite",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
  "s3:GetReplicationConfiguration",
  "s3:ListBucket",
];

export interface OwnBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

export async function bucketClient(
  clients: Clients,
  place: AwsPlace,
): Promise<{ readonly s3: S3Client; readonly bucket: OwnBucket }> {
  const { S3Client: Client } = await import("@aws-sdk/client-s3");
  return {
    s3: clients.of(Client, place.region),
    bucket: { Bucket: nameOf(place), ExpectedBucketOwner: place.account },
  };
}
