// What S3 keeps of a bucket, one call each: how to ask, which errors mean "not configured", and the CloudFormation properties.
import {
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  type GetBucketAclCommandOutput,
  type GetBucketCorsCommandOutput,
  type GetBucketEncryptionCommandOutput,
  type GetBucketLifecycleConfigurationCommandOutput,
  type GetBucketLoggingCommandOutput,
  type GetBucketNotificationConfigurationCommandOutput,
  type GetBucketOwnershipControlsCommandOutput,
  type GetBucketPolicyCommandOutput,
  type GetBucketReplicationCommandOutput,
  type GetBucketTaggingCommandOutput,
  type GetBucketVersioningCommandOutput,
  type GetBucketWebsiteCommandOutput,
  type GetObjectLockConfigurationCommandOutput,
  type GetPublicAccessBlockCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ConfigItem } from "../config.js";
import { tagPointers, type Draft, type Tags } from "../draft.js";
import { present, presentOrNone } from "../plain.js";
import { UnreadableAnswer } from "../refusal.js";
import { corsRule, lifecycleRule, notifications, website } from "./s3-rules.js";
import * as recorded from "./s3-recorded.js";

export type Answer<T> = Omit<T, "$metadata">;

interface Aspect<T> {
  readonly operation: string;
  readonly pointers: readonly string[];
  readonly absent: readonly string[];
  readonly ask: (client: S3Client, bucket: string) => Promise<T>;
  /** The same answer from AWS Config's item; undefined where the item does not carry it, and S3 is asked. */
  readonly recorded?: (item: ConfigItem) => Answer<T> | undefined;
  readonly config: (answer: Answer<T>, draft: Draft) => { readonly [property: string]: unknown };
}

export interface BucketAspect {
  readonly operation: string;
  readonly pointers: readonly string[];
  readonly absent: readonly string[];
  readonly ask: (client: S3Client, bucket: string) => Promise<object>;
  readonly recorded: ((item: ConfigItem) => object | undefined) | undefined;
  readonly config: (answer: object, draft: Draft) => { readonly [property: string]: unknown };
}

function aspect<T extends object>({
  operation,
  pointers,
  absent,
  ask,
  recorded: fromItem,
  config,
}: Aspect<T>): BucketAspect {
  return {
    operation,
    pointers,
    absent,
    ask,
    recorded: fromItem,
    config: (answer, draft) => config(answer as Answer<T>, draft),
  };
}

/** A configuration that was asked for and answered without its content: not "none", which has an error of its own. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new UnreadableAnswer("the answer has no configuration in it");
  return value;
}

export const bucketAspects: readonly BucketAspect[] = [
  aspect<GetBucketEncryptionCommandOutput>({
    operation: "GetBucketEncryption",
    pointers: ["/config/BucketEncryption"],
    absent: ["ServerSideEncryptionConfigurationNotFoundError"],
    ask: async (client, Bucket) =>
      checked(await client.send(new GetBucketEncryptionCommand({ Bucket })), "ServerSideEncryptionConfiguration"),
    recorded: recorded.encryption,
    config: ({ ServerSideEncryptionConfiguration }) => ({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: (ServerSideEncryptionConfiguration?.Rules ?? []).map((rule) => ({
          ServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault,
          BucketKeyEnabled: rule.BucketKeyEnabled,
        })),
      },
    }),
  }),
  aspect<GetPublicAccessBlockCommandOutput>({
    operation: "GetPublicAccessBlock",
    pointers: ["/config/PublicAccessBlockConfiguration"],
    absent: ["NoSuchPublicAccessBlockConfiguration"],
    ask: async (client, Bucket) =>
      checked(await client.send(new GetPublicAccessBlockCommand({ Bucket })), "PublicAccessBlockConfiguration"),
    recorded: recorded.publicAccessBlock,
    config: ({ PublicAccessBlockConfiguration }) => ({ PublicAccessBlockConfiguration }),
  }),
  aspect<GetBucketVersioningCommandOutput>({
    operation: "GetBucketVersioning",
    pointers: ["/config/VersioningConfiguration"],
    absent: [],
    ask: (client, Bucket) => client.send(new GetBucketVersioningCommand({ Bucket })),
    recorded: recorded.versioning,
    config: ({ Status }) => (Status === undefined ? {} : { VersioningConfiguration: { Status } }),
  }),
  aspect<GetBucketLoggingCommandOutput>({
    operation: "GetBucketLogging",
    pointers: ["/config/LoggingConfiguration"],
    absent: [],
    ask: (client, Bucket) => client.send(new GetBucketLoggingCommand({ Bucket })),
    recorded: recorded.logging,
    config: ({ LoggingEnabled }) =>
      LoggingEnabled === undefined
        ? {}
        : {
            LoggingConfiguration: present({
              DestinationBucketName: LoggingEnabled.TargetBucket,
              LogFilePrefix: LoggingEnabled.TargetPrefix,
            }),
          },
  }),
  aspect<GetBucketPolicyCommandOutput>({
    operation: "GetBucketPolicy",
    pointers: ["/config/BucketPolicy"],
    absent: ["NoSuchBucketPolicy"],
    ask: async (client, Bucket) => checked(await client.send(new GetBucketPolicyCommand({ Bucket })), "Policy"),
    recorded: recorded.policy,
    config: ({ Policy }, draft) => {
      const document = draft.document(Policy, "/config/BucketPolicy");
      return document === undefined ? {} : { BucketPolicy: { PolicyDocument: document } };
    },
  }),
  aspect<GetBucketAclCommandOutput>({
    operation: "GetBucketAcl",
    pointers: ["/config/AccessControl"],
    absent: [],
    ask: async (client, Bucket) => checked(await client.send(new GetBucketAclCommand({ Bucket })), "Grants"),
    recorded: recorded.acl,
    config: (answer) => ({ AccessControl: accessControl(answer) }),
  }),
  aspect<GetBucketTaggingCommandOutput>({
    operation: "GetBucketTagging",
    pointers: tagPointers,
    absent: ["NoSuchTagSet"],
    ask: async (client, Bucket) => checked(await client.send(new GetBucketTaggingCommand({ Bucket })), "TagSet"),
    recorded: recorded.tagging,
    config: ({ TagSet }) => ({ Tags: TagSet }),
  }),
  aspect<GetObjectLockConfigurationCommandOutput>({
    operation: "GetObjectLockConfiguration",
    pointers: ["/config/ObjectLockConfiguration", "/config/ObjectLockEnabled"],
    absent: ["ObjectLockConfigurationNotFoundError"],
    ask: async (client, Bucket) =>
      checked(await client.send(new GetObjectLockConfigurationCommand({ Bucket })), "ObjectLockConfiguration"),
    config: ({ ObjectLockConfiguration }) => ({
      ObjectLockEnabled: ObjectLockConfiguration?.ObjectLockEnabled === "Enabled",
      ObjectLockConfiguration,
    }),
  }),
  aspect<GetBucketLifecycleConfigurationCommandOutput>({
    operation: "GetBucketLifecycleConfiguration",
    pointers: ["/config/LifecycleConfiguration"],
    absent: ["NoSuchLifecycleConfiguration"],
    ask: async (client, Bucket) =>
      checked(await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })), "Rules"),
    config: ({ Rules }) => ({ LifecycleConfiguration: { Rules: required(Rules).map(lifecycleRule) } }),
  }),
  aspect<GetBucketOwnershipControlsCommandOutput>({
    operation: "GetBucketOwnershipControls",
    pointers: ["/config/OwnershipControls"],
    absent: ["OwnershipControlsNotFoundError"],
    ask: async (client, Bucket) =>
      checked(await client.send(new GetBucketOwnershipControlsCommand({ Bucket })), "OwnershipControls"),
    config: ({ OwnershipControls }) => ({ OwnershipControls }),
  }),
  aspect<GetBucketWebsiteCommandOutput>({
    operation: "GetBucketWebsite",
    pointers: ["/config/WebsiteConfiguration"],
    absent: ["NoSuchWebsiteConfiguration"],
    ask: (client, Bucket) => client.send(new GetBucketWebsiteCommand({ Bucket })),
    config: (answer) => ({ WebsiteConfiguration: website(answer) }),
  }),
  aspect<GetBucketReplicationCommandOutput>({
    operation: "GetBucketReplication",
    pointers: ["/config/ReplicationConfiguration"],
    absent: ["ReplicationConfigurationNotFoundError"],
    ask: async (client, Bucket) =>
      checked(await client.send(new GetBucketReplicationCommand({ Bucket })), "ReplicationConfiguration"),
    config: ({ ReplicationConfiguration }) => ({
      ReplicationConfiguration: {
        Role: ReplicationConfiguration?.Role,
        Rules: (ReplicationConfiguration?.Rules ?? []).map(({ ID, ...rule }) => present({ Id: ID, ...rule })),
      },
    }),
  }),
  aspect<GetBucketCorsCommandOutput>({
    operation: "GetBucketCors",
    pointers: ["/config/CorsConfiguration"],
    absent: ["NoSuchCORSConfiguration"],
    ask: async (client, Bucket) => checked(await client.send(new GetBucketCorsCommand({ Bucket })), "CORSRules"),
    config: ({ CORSRules }) => ({ CorsConfiguration: { CorsRules: required(CORSRules).map(corsRule) } }),
  }),
  aspect<GetBucketNotificationConfigurationCommandOutput>({
    operation: "GetBucketNotificationConfiguration",
    pointers: ["/config/NotificationConfiguration"],
    absent: [],
    ask: (client, Bucket) => client.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    config: (answer) => ({ NotificationConfiguration: presentOrNone(notifications(answer)) }),
  }),
];

/** The answer, when it has the member that it is about. */
function checked<T extends object>(answer: T, member: keyof T): T {
  required(answer[member]);
  return answer;
}

const everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
const everyoneSignedIn = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const logDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/** The canned ACL that says the same of the public; grants to single accounts are in `raw`. */
export function accessControl({ Grants = [] }: Pick<GetBucketAclCommandOutput, "Grants">): string {
  const granted = (group: string): string[] =>
    Grants.filter(({ Grantee }) => Grantee?.URI === group).map(({ Permission }) => String(Permission));
  const toEveryone = granted(everyone);
  // Who may write the ACL may give themselves everything.
  if (toEveryone.some((permission) => ["WRITE", "WRITE_ACP", "FULL_CONTROL"].includes(permission)))
    return "PublicReadWrite";
  if (toEveryone.length > 0) return "PublicRead";
  if (granted(everyoneSignedIn).length > 0) return "AuthenticatedRead";
  return granted(logDelivery).length > 0 ? "LogDeliveryWrite" : "Private";
}

export function tagsOf(config: { readonly [key: string]: unknown }): Tags {
  return (config["Tags"] as Tags | undefined) ?? [];
}
