// The grants of a bucket's ACL to everybody; grants to anybody in particular stay.
import type { Grant, Owner } from "@aws-sdk/client-s3";
import { valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { Unfixable } from "../../src/actions/remediation/remediation.js";
import { isObject, type Json } from "../../src/json.js";
import { inOneOrder, withValue, type AwsRemediation } from "./aws-remediation.js";
import { bucketClient, bucketReads } from "./s3-bucket.js";

const groups = "http://acs.amazonaws.com/groups/";
const everybody = [`${groups}global/AllUsers`, `${groups}global/AuthenticatedUsers`];
const grantsPointer = "/raw/GetBucketAcl/Grants";

function grantsOf(resource: Resource): readonly Json[] {
  const grants = valueAt(resource as unknown as Json, grantsPointer);
  if (!Array.isArray(grants)) throw new Unfixable("the grants of the ACL are not there");
  return grants as readonly Json[];
}

function granteeOf(grant: Json): Json | undefined {
  return valueAt(grant, "/Grantee/URI");
}

export const s3NoPublicAcl: AwsRemediation = {
  id: "aws-s3-no-public-acl",
  title: "Take the grants to everybody out of the bucket's ACL",
  policies: ["aws-s3-no-public-acl"],
  types: ["AWS::S3::Bucket"],
  permissions: { read: bucketReads, write: ["s3:PutBucketAcl"] },
  touches: ["/config/AccessControl"],
  undo: "Sets the ACL with the same owner and the same grants as before.",
  caution: "Objects have ACLs of their own, which stay.",
  plan(before) {
    const owner = valueAt(before as unknown as Json, "/raw/GetBucketAcl/Owner") ?? null;
    if (!isObject(owner)) throw new Unfixable("the owner of the ACL is not there");
    const former = grantsOf(before);
    const grants = former.filter((grant) => !everybody.some((group) => granteeOf(grant) === group));
    if (grants.length === former.length) return null;
    const delivers = grants.some((grant) => granteeOf(grant) === `${groups}s3/LogDelivery`);
    const after = withValue(before, "/config/AccessControl", delivers ? "LogDeliveryWrite" : "Private");
    return {
      after: withValue(after, grantsPointer, grants),
      value: { owner, grants },
      former: { owner, grants: former },
    };
  },
  property: (resource) => inOneOrder(grantsOf(resource)),
  write: async (clients, place, { owner, grants }) => {
    const { PutBucketAclCommand } = await import("@aws-sdk/client-s3");
    const { s3, bucket } = await bucketClient(clients, place);
    const AccessControlPolicy = { Owner: owner as unknown as Owner, Grants: grants as unknown as Grant[] };
    await s3.send(new PutBucketAclCommand({ ...bucket, AccessControlPolicy }));
  },
};
