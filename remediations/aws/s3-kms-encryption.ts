// A bucket's default encryption: with KMS, everything else of its rule kept.
import type { ServerSideEncryptionRule } from "@aws-sdk/client-s3";
import { valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, type Json, type JsonObject } from "../../src/json.js";
import { withValue, type AwsRemediation } from "./aws-remediation.js";
import { bucketClient, bucketReads } from "./s3-bucket.js";

const answer = "/raw/GetBucketEncryption/ServerSideEncryptionConfiguration";

/** As S3 says them: the template's properties do not carry all of a rule. */
function rulesOf(resource: Resource): readonly Json[] | null {
  const rules = valueAt(resource as unknown as Json, `${answer}/Rules`);
  return Array.isArray(rules) ? (rules as readonly Json[]) : null;
}

function withKms(rule: Json): JsonObject {
  const { BucketKeyEnabled: _key, ApplyServerSideEncryptionByDefault: _by, ...others } = isObject(rule) ? rule : {};
  return { ...others, ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled: true };
}

export const s3KmsEncryption: AwsRemediation = {
  id: "aws-s3-kms-encryption",
  title: "Encrypt new objects of the bucket with KMS",
  policies: ["aws-s3-kms-encryption"],
  types: ["AWS::S3::Bucket"],
  permissions: { read: bucketReads, write: ["s3:PutEncryptionConfiguration"] },
  touches: ["/config/BucketEncryption"],
  undo: "Sets the rules of the default encryption as they were; removes them where there were none.",
  caution:
    "It is the key that AWS keeps for S3 in the account: callers of other accounts cannot read what is written with it.",
  plan(before) {
    const former = rulesOf(before);
    const rules = (former ?? [{}]).map(withKms);
    const shown = rules.map(({ ApplyServerSideEncryptionByDefault = null, BucketKeyEnabled = null }) => ({
      ServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault,
      BucketKeyEnabled,
    }));
    const after = withValue(before, "/config/BucketEncryption", { ServerSideEncryptionConfiguration: shown });
    return { after: withValue(after, answer, { Rules: rules }), value: { rules }, former: { rules: former } };
  },
  property: rulesOf,
  write: async (clients, place, { rules = null }) => {
    const { DeleteBucketEncryptionCommand, PutBucketEncryptionCommand } = await import("@aws-sdk/client-s3");
    const { s3, bucket } = await bucketClient(clients, place);
    const Rules = rules as unknown as ServerSideEncryptionRule[] | null;
    if (Rules === null) await s3.send(new DeleteBucketEncryptionCommand(bucket));
    else await s3.send(new PutBucketEncryptionCommand({ ...bucket, ServerSideEncryptionConfiguration: { Rules } }));
  },
};
