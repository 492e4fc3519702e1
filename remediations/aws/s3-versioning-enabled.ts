// A bucket's versioning.
import { setting } from "./aws-remediation.js";
import { bucketClient, bucketReads } from "./s3-bucket.js";

export const s3VersioningEnabled = setting({
  id: "aws-s3-versioning-enabled",
  title: "Keep old versions of the bucket's objects",
  policies: ["aws-s3-versioning-enabled"],
  types: ["AWS::S3::Bucket"],
  permissions: { read: bucketReads, write: ["s3:PutBucketVersioning"] },
  undo: "Suspends versioning where it was suspended. Where it was never on, S3 has no way back: there is no rollback.",
  caution: "Old versions cost money until a lifecycle rule removes them.",
  pointer: "/config/VersioningConfiguration/Status",
  wanted: () => "Enabled",
  canRestore: (former) => former === "Suspended",
  set: async (clients, place, value) => {
    const { PutBucketVersioningCommand } = await import("@aws-sdk/client-s3");
    const { s3, bucket } = await bucketClient(clients, place);
    const Status = value === "Enabled" ? "Enabled" : "Suspended";
    await s3.send(new PutBucketVersioningCommand({ ...bucket, VersioningConfiguration: { Status } }));
  },
});
