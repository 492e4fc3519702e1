// AWS Config's record of a bucket, as S3 would have answered. Undefined where the record does not say: S3 is asked then.
// A part that is missing in the record is never taken for a part that is not configured.
import type { Grant, Permission } from "@aws-sdk/client-s3";
import type { ConfigItem } from "../config.js";
import { isObject, own, type JsonObject } from "../../../src/json.js";

function part(item: ConfigItem, name: string): JsonObject | undefined {
  const value = own(item.supplementary, name);
  return isObject(value) ? value : undefined;
}

interface RecordedRule {
  readonly applyServerSideEncryptionByDefault?: {
    readonly sseAlgorithm?: string;
    readonly kmsMasterKeyID?: string | null;
  };
  readonly bucketKeyEnabled?: boolean;
}

export function encryption(item: ConfigItem) {
  const rules = part(item, "ServerSideEncryptionConfiguration")?.["rules"] as readonly RecordedRule[] | undefined;
  if (!Array.isArray(rules) || rules.length === 0) return undefined;
  const Rules = (rules as readonly RecordedRule[]).map(
    ({ applyServerSideEncryptionByDefault: byDefault, bucketKeyEnabled }) => ({
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: byDefault?.sseAlgorithm as "AES256" | undefined,
        ...(typeof byDefault?.kmsMasterKeyID === "string" ? { KMSMasterKeyID: byDefault.kmsMasterKeyID } : {}),
      },
      ...(bucketKeyEnabled === undefined ? {} : { BucketKeyEnabled: bucketKeyEnabled }),
    }),
  );
  return { ServerSideEncryptionConfiguration: { Rules } };
}

export function publicAccessBlock(item: ConfigItem) {
  const recorded = part(item, "PublicAccessBlockConfiguration");
  const names = ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"] as const;
  if (recorded === undefined || names.some((name) => typeof recorded[name] !== "boolean")) return undefined;
  return {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: recorded["blockPublicAcls"] as boolean,
      IgnorePublicAcls: recorded["ignorePublicAcls"] as boolean,
      BlockPublicPolicy: recorded["blockPublicPolicy"] as boolean,
      RestrictPublicBuckets: recorded["restrictPublicBuckets"] as boolean,
    },
  };
}

export function versioning(item: ConfigItem) {
  const status = part(item, "BucketVersioningConfiguration")?.["status"];
  if (status === "Off") return {};
  return status === "Enabled" || status === "Suspended" ? ({ Status: status } as const) : undefined;
}

export function logging(item: ConfigItem) {
  const recorded = part(item, "BucketLoggingConfiguration");
  if (recorded === undefined || !Object.hasOwn(recorded, "destinationBucketName")) return undefined;
  const bucket = recorded["destinationBucketName"];
  if (typeof bucket !== "string") return {};
  const prefix = recorded["logFilePrefix"];
  return { LoggingEnabled: { TargetBucket: bucket, TargetPrefix: typeof prefix === "string" ? prefix : "" } };
}

export function policy(item: ConfigItem) {
  const recorded = part(item, "BucketPolicy");
  if (recorded === undefined || !Object.hasOwn(recorded, "policyText")) return undefined;
  const text = recorded["policyText"];
  return typeof text === "string" ? { Policy: text } : {};
}

const groups: ReadonlyMap<string, string> = new Map([
  ["AllUsers", "http://acs.amazonaws.com/groups/global/AllUsers"],
  ["AuthenticatedUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"],
  ["LogDelivery", "http://acs.amazonaws.com/groups/s3/LogDelivery"],
]);
const permissions: ReadonlyMap<string, Permission> = new Map<string, Permission>([
  ["FullControl", "FULL_CONTROL"],
  ["Read", "READ"],
  ["Write", "WRITE"],
  ["ReadAcp", "READ_ACP"],
  ["WriteAcp", "WRITE_ACP"],
]);

/** Known only when every grant is of a form that we know. */
export function acl(item: ConfigItem) {
  const recorded = part(item, "AccessControlList");
  const list = recorded?.["grantList"];
  if (!Array.isArray(list)) return undefined;
  const grants = (list as readonly unknown[]).map(grantOf);
  return grants.includes(undefined) ? undefined : { Grants: grants as Grant[] };
}

function grantOf(recorded: unknown): Grant | undefined {
  if (!isObject(recorded)) return undefined;
  const { grantee, permission } = recorded as { readonly grantee?: unknown; readonly permission?: unknown };
  const Permission = typeof permission === "string" ? permissions.get(permission) : undefined;
  if (Permission === undefined) return undefined;
  if (isObject(grantee) && typeof grantee["id"] === "string")
    return { Grantee: { Type: "CanonicalUser", ID: grantee["id"] }, Permission };
  const group = typeof grantee === "string" ? groups.get(grantee) : undefined;
  return group === undefined ? undefined : { Grantee: { Type: "Group", URI: group }, Permission };
}

export function tagging(item: ConfigItem) {
  const sets = part(item, "BucketTaggingConfiguration")?.["tagSets"];
  if (!Array.isArray(sets)) return undefined;
  const tags = (sets as readonly unknown[]).map((set) => (isObject(set) ? set["tags"] : undefined));
  const TagSet: { readonly Key: string; readonly Value: string }[] = [];
  for (const set of tags) {
    if (!isObject(set)) return undefined;
    for (const [Key, Value] of Object.entries(set)) {
      if (typeof Value !== "string") return undefined;
      TagSet.push({ Key, Value });
    }
  }
  return { TagSet };
}
