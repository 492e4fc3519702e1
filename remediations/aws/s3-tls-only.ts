// One more statement in a bucket's policy: nobody without TLS. The others stay as they are.
import { Unfixable } from "../../src/actions/remediation/remediation.js";
import { valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { withValue, type AwsRemediation } from "./aws-remediation.js";
import { bucketClient, bucketReads } from "./s3-bucket.js";

const documentPointer = "/config/BucketPolicy/PolicyDocument";
/** S3's bound on the text of a policy. */
const longestPolicy = 20 * 1024;

function documentOf(resource: Resource): JsonObject | null {
  const document = valueAt(resource as unknown as Json, documentPointer);
  return isObject(document) ? document : null;
}

function statementsOf(document: JsonObject): readonly Json[] {
  const statements = own(document, "Statement");
  if (Array.isArray(statements)) return statements as readonly Json[];
  if (isObject(statements)) return [statements];
  throw new Unfixable("the bucket policy has no statements that can be read");
}

function denial(resource: Resource, taken: readonly Json[]): JsonObject {
  const sids = taken.map((statement) => (isObject(statement) ? own(statement, "Sid") : undefined));
  const Sid = ["DenyPlainHttp", "PortcullisDenyPlainHttp"].find((one) => !sids.includes(one));
  return {
    ...(Sid === undefined ? {} : { Sid }),
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [resource.id, `${resource.id}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

export const s3TlsOnly: AwsRemediation = {
  id: "aws-s3-tls-only",
  title: "Refuse requests to the bucket without TLS",
  policies: ["aws-s3-tls-only"],
  types: ["AWS::S3::Bucket"],
  permissions: { read: bucketReads, write: ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"] },
  touches: ["/config/BucketPolicy"],
  undo: "Puts the bucket policy back, letter by letter; removes it where there was none.",
  caution: null,
  plan(before) {
    const former = documentOf(before);
    const statements = former === null ? [] : statementsOf(former);
    const document = {
      ...(former ?? { Version: "2012-10-17" }),
      Statement: [...statements, denial(before, statements)],
    };
    const text = JSON.stringify(document);
    if (text.length > longestPolicy) throw new Unfixable("the bucket policy would be longer than S3 takes (20 KB)");
    const formerText = valueAt(before as unknown as Json, "/raw/GetBucketPolicy/Policy") ?? null;
    if (former !== null && typeof formerText !== "string") throw new Unfixable("the bucket policy's text is not there");
    return { after: withValue(before, documentPointer, document), value: { text }, former: { text: formerText } };
  },
  property: documentOf,
  write: async (clients, place, { text = null }) => {
    const { DeleteBucketPolicyCommand, PutBucketPolicyCommand } = await import("@aws-sdk/client-s3");
    const { s3, bucket } = await bucketClient(clients, place);
    if (typeof text === "string") await s3.send(new PutBucketPolicyCommand({ ...bucket, Policy: text }));
    else await s3.send(new DeleteBucketPolicyCommand(bucket));
  },
};
