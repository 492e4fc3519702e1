// All four settings of a bucket's public access block.
import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import { setting } from "./aws-remediation.js";
import { bucketClient, bucketReads } from "./s3-bucket.js";

export const s3BlockPublicAccess = setting({
  id: "aws-s3-block-public-access",
  title: "Block public access to the bucket",
  policies: ["aws-s3-block-public-access"],
  types: ["AWS::S3::Bucket"],
  permissions: { read: bucketReads, write: ["s3:PutBucketPublicAccessBlock"] },
  undo: "Sets the four settings as they were; removes the block where there was none.",
  caution: "Whoever reads the bucket without credentials cannot any more: a web site, for one.",
  pointer: "/config/PublicAccessBlockConfiguration",
  wanted: () => ({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  }),
  set: async (clients, place, value) => {
    const { DeletePublicAccessBlockCommand, PutPublicAccessBlockCommand } = await import("@aws-sdk/client-s3");
    const { s3, bucket } = await bucketClient(clients, place);
    const PublicAccessBlockConfiguration = value as PublicAccessBlockConfiguration | null;
    if (PublicAccessBlockConfiguration === null) await s3.send(new DeletePublicAccessBlockCommand(bucket));
    else await s3.send(new PutPublicAccessBlockCommand({ ...bucket, PublicAccessBlockConfiguration }));
  },
});
