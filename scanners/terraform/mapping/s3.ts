import { child, follow, isAbsent, items, textOf, type Argument } from "./argument.js";
import { placeOf, type Node } from "./node.js";
import {
  any,
  block,
  blocks,
  bool,
  custom,
  group,
  json,
  number,
  object,
  text,
  type Satellite,
  type Shape,
  type ServiceMapping,
} from "./shape.js";

const cannedAcls = {
  private: "Private",
  "public-read": "PublicRead",
  "public-read-write": "PublicReadWrite",
  "authenticated-read": "AuthenticatedRead",
  "log-delivery-write": "LogDeliveryWrite",
  "bucket-owner-read": "BucketOwnerRead",
  "bucket-owner-full-control": "BucketOwnerFullControl",
  "aws-exec-read": "AwsExecRead",
};

/** The canned ACL, or, where grants are written out, the canned ACL that opens the bucket as far as they do. */
const accessControl = (grants: string, uri: string, permission: (grant: Argument) => readonly Argument[]) =>
  custom(
    ["acl", grants],
    (root) => {
      const acl = child(root, "acl");
      const name = textOf(acl);
      if (name === "unknown") return { kind: "unknown", at: placeOf(acl) };
      if (name !== undefined) return { kind: "value", value: renamedAcl(name.known), at: placeOf(acl) };
      return granted(follow(root, grants), uri, permission);
    },
    (value) => ({ acl: Object.entries(cannedAcls).find(([, name]) => name === value)?.[0] ?? value }),
  );

function renamedAcl(name: string): string {
  return new Map(Object.entries(cannedAcls)).get(name) ?? name;
}

function granted(
  grants: Argument,
  uri: string,
  permissions: (grant: Argument) => readonly Argument[],
): Node | undefined {
  const at = placeOf(grants);
  if (isAbsent(grants)) return undefined;
  const all = items(grants);
  if (grants.doubt !== undefined || all === "unknown") return { kind: "unknown", at };
  const found = new Set<string>();
  for (const grant of all) {
    const group = textOf(follow(grant, uri));
    if (group === undefined || group === "unknown") continue;
    for (const each of permissions(grant)) found.add(accessName(group.known, each));
  }
  const widest = ["PublicReadWrite", "PublicRead", "AuthenticatedRead"].find((name) => found.has(name));
  return widest === undefined ? undefined : { kind: "value", value: widest, at };
}

function accessName(group: string, permission: Argument): string {
  const what = textOf(permission);
  const writes =
    what !== undefined && what !== "unknown" && ["WRITE", "WRITE_ACP", "FULL_CONTROL"].includes(what.known);
  if (group.endsWith("/AllUsers")) return writes ? "PublicReadWrite" : "PublicRead";
  return group.endsWith("/AuthenticatedUsers") ? "AuthenticatedRead" : "";
}

function listOf(argument: Argument): readonly Argument[] {
  const all = items(argument);
  return all === "unknown" ? [] : all;
}

const encryptionRules = blocks("rule", {
  ServerSideEncryptionByDefault: block("apply_server_side_encryption_by_default", {
    SSEAlgorithm: text("sse_algorithm"),
    KMSMasterKeyID: text("kms_master_key_id"),
  }),
  BucketKeyEnabled: bool("bucket_key_enabled"),
});

const logging: Shape = { DestinationBucketName: text("target_bucket"), LogFilePrefix: text("target_prefix") };

const lifecycleRule = (status: Shape): Shape => ({
  Id: text("id"),
  ...status,
  Prefix: text("prefix"),
  ExpirationInDays: number("expiration.days"),
  ExpirationDate: text("expiration.date"),
  ExpiredObjectDeleteMarker: bool("expiration.expired_object_delete_marker"),
  AbortIncompleteMultipartUpload: block("abort_incomplete_multipart_upload", {
    DaysAfterInitiation: number("days_after_initiation"),
  }),
  Transitions: blocks("transition", {
    StorageClass: text("storage_class"),
    TransitionInDays: number("days"),
    TransitionDate: text("date"),
  }),
});

const noncurrent = (days: string): Shape => ({
  NoncurrentVersionExpiration: block("noncurrent_version_expiration", { NoncurrentDays: number(days) }),
  NoncurrentVersionTransitions: blocks("noncurrent_version_transition", {
    StorageClass: text("storage_class"),
    TransitionInDays: number(days),
  }),
});

const retentionRule = block("rule", {
  DefaultRetention: block("default_retention", { Mode: text("mode"), Days: number("days"), Years: number("years") }),
});

const replicationRule: Shape = {
  Id: text("id"),
  Status: text("status"),
  Priority: number("priority"),
  Destination: block("destination", {
    Bucket: text("bucket"),
    StorageClass: text("storage_class"),
    Account: text("account_id"),
  }),
};

const corsRule: Shape = {
  AllowedHeaders: any("allowed_headers"),
  AllowedMethods: any("allowed_methods"),
  AllowedOrigins: any("allowed_origins"),
  ExposedHeaders: any("expose_headers"),
  MaxAge: number("max_age_seconds"),
};

const satellite = (name: string, properties: Shape, rest: Partial<Satellite> = {}): Satellite => ({
  terraform: [`aws_s3_bucket_${name}`],
  owner: "AWS::S3::Bucket",
  links: ["bucket"],
  merge: "set",
  properties,
  ...rest,
});

export const s3: ServiceMapping = {
  types: [
    {
      terraform: ["aws_s3_bucket"],
      type: "AWS::S3::Bucket",
      name: "bucket",
      properties: {
        BucketName: text("bucket"),
        AccessControl: accessControl("grant", "uri", (grant) => listOf(child(grant, "permissions"))),
        BucketPolicy: group({ PolicyDocument: json("policy") }),
        BucketEncryption: block("server_side_encryption_configuration", {
          ServerSideEncryptionConfiguration: encryptionRules,
        }),
        VersioningConfiguration: block("versioning", {
          Status: text("enabled", { true: "Enabled", false: "Suspended" }),
        }),
        LoggingConfiguration: block("logging", logging),
        LifecycleConfiguration: group({
          Rules: blocks("lifecycle_rule", {
            ...lifecycleRule({ Status: text("enabled", { true: "Enabled", false: "Disabled" }) }),
            AbortIncompleteMultipartUpload: group({
              DaysAfterInitiation: number("abort_incomplete_multipart_upload_days"),
            }),
            ...noncurrent("days"),
          }),
        }),
        ObjectLockEnabled: bool("object_lock_enabled"),
        ObjectLockConfiguration: block("object_lock_configuration", {
          ObjectLockEnabled: text("object_lock_enabled"),
          Rule: retentionRule,
        }),
        WebsiteConfiguration: block("website", {
          IndexDocument: text("index_document"),
          ErrorDocument: text("error_document"),
        }),
        CorsConfiguration: group({ CorsRules: blocks("cors_rule", corsRule) }),
        ReplicationConfiguration: block("replication_configuration", {
          Role: text("role"),
          Rules: blocks("rules", replicationRule),
        }),
        AccelerateConfiguration: group({ AccelerationStatus: text("acceleration_status") }),
      },
      // Since version 4 of the provider these are only written in resources of their own; the provider still lists
      // them as "known after apply" on every bucket that is made.
      computedLegacy: [
        "acl",
        "grant",
        "policy",
        "server_side_encryption_configuration",
        "versioning",
        "logging",
        "lifecycle_rule",
        "object_lock_enabled",
        "object_lock_configuration",
        "website",
        "cors_rule",
        "replication_configuration",
        "acceleration_status",
      ],
    },
    {
      terraform: ["aws_s3_account_public_access_block"],
      type: "AWS::S3::AccountPublicAccessBlock",
      tags: "none",
      properties: {
        BlockPublicAcls: bool("block_public_acls"),
        BlockPublicPolicy: bool("block_public_policy"),
        IgnorePublicAcls: bool("ignore_public_acls"),
        RestrictPublicBuckets: bool("restrict_public_buckets"),
      },
    },
  ],
  satellites: [
    satellite("public_access_block", {
      PublicAccessBlockConfiguration: object({
        BlockPublicAcls: bool("block_public_acls"),
        BlockPublicPolicy: bool("block_public_policy"),
        IgnorePublicAcls: bool("ignore_public_acls"),
        RestrictPublicBuckets: bool("restrict_public_buckets"),
      }),
    }),
    satellite("versioning", {
      VersioningConfiguration: block("versioning_configuration", { Status: text("status", { Disabled: "Suspended" }) }),
    }),
    satellite("server_side_encryption_configuration", {
      BucketEncryption: object({ ServerSideEncryptionConfiguration: encryptionRules }),
    }),
    satellite("logging", { LoggingConfiguration: object(logging) }),
    satellite("policy", { BucketPolicy: object({ PolicyDocument: json("policy") }) }),
    satellite("acl", {
      AccessControl: accessControl("access_control_policy.grant", "grantee.uri", (grant) => [
        child(grant, "permission"),
      ]),
    }),
    satellite("lifecycle_configuration", {
      LifecycleConfiguration: object({
        Rules: blocks("rule", { ...lifecycleRule({ Status: text("status") }), ...noncurrent("noncurrent_days") }),
      }),
    }),
    satellite("object_lock_configuration", {
      ObjectLockConfiguration: object({
        ObjectLockEnabled: { ...text("object_lock_enabled"), otherwise: "Enabled" },
        Rule: retentionRule,
      }),
    }),
    satellite("ownership_controls", {
      OwnershipControls: object({ Rules: blocks("rule", { ObjectOwnership: text("object_ownership") }) }),
    }),
    satellite("website_configuration", {
      WebsiteConfiguration: object({
        IndexDocument: text("index_document.suffix"),
        ErrorDocument: text("error_document.key"),
      }),
    }),
    satellite("cors_configuration", { CorsConfiguration: object({ CorsRules: blocks("cors_rule", corsRule) }) }),
    satellite("replication_configuration", {
      ReplicationConfiguration: object({ Role: text("role"), Rules: blocks("rule", replicationRule) }),
    }),
    satellite("accelerate_configuration", { AccelerateConfiguration: object({ AccelerationStatus: text("status") }) }),
  ],
};
