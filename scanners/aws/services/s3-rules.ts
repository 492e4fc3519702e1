// Where S3's answers and CloudFormation's properties differ in their names.
import type {
  CORSRule,
  GetBucketNotificationConfigurationCommandOutput,
  GetBucketWebsiteCommandOutput,
  LifecycleRule,
  NotificationConfigurationFilter,
} from "@aws-sdk/client-s3";
import type { JsonObject } from "../../../src/json.js";
import { present, presentOrNone } from "../plain.js";

export function lifecycleRule(rule: LifecycleRule): JsonObject {
  const { Filter: filter, Expiration: expiration } = rule;
  const tags = filter?.And?.Tags ?? (filter?.Tag === undefined ? undefined : [filter.Tag]);
  return present({
    Id: rule.ID,
    Status: rule.Status,
    // Rules from before filters carry the prefix themselves, and S3 still answers them so.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    Prefix: filter?.And?.Prefix ?? filter?.Prefix ?? rule.Prefix,
    TagFilters: tags,
    ObjectSizeGreaterThan: filter?.And?.ObjectSizeGreaterThan ?? filter?.ObjectSizeGreaterThan,
    ObjectSizeLessThan: filter?.And?.ObjectSizeLessThan ?? filter?.ObjectSizeLessThan,
    ExpirationInDays: expiration?.Days,
    ExpirationDate: expiration?.Date,
    ExpiredObjectDeleteMarker: expiration?.ExpiredObjectDeleteMarker,
    Transitions: rule.Transitions?.map(({ Days, Date: date, StorageClass }) =>
      present({ TransitionInDays: Days, TransitionDate: date, StorageClass }),
    ),
    NoncurrentVersionExpiration: rule.NoncurrentVersionExpiration,
    NoncurrentVersionTransitions: rule.NoncurrentVersionTransitions?.map(
      ({ NoncurrentDays, NewerNoncurrentVersions, StorageClass }) =>
        present({ TransitionInDays: NoncurrentDays, NewerNoncurrentVersions, StorageClass }),
    ),
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload,
  });
}

export function corsRule({
  ID,
  AllowedHeaders,
  AllowedMethods,
  AllowedOrigins,
  ExposeHeaders,
  MaxAgeSeconds,
}: CORSRule): JsonObject {
  return present({
    Id: ID,
    AllowedHeaders,
    AllowedMethods,
    AllowedOrigins,
    ExposedHeaders: ExposeHeaders,
    MaxAge: MaxAgeSeconds,
  });
}

type Website = Omit<GetBucketWebsiteCommandOutput, "$metadata">;

export function website({ IndexDocument, ErrorDocument, RedirectAllRequestsTo, RoutingRules }: Website): JsonObject {
  return present({
    IndexDocument: IndexDocument?.Suffix,
    ErrorDocument: ErrorDocument?.Key,
    RedirectAllRequestsTo,
    RoutingRules: RoutingRules?.map(({ Condition, Redirect }) =>
      present({ RoutingRuleCondition: Condition, RedirectRule: Redirect }),
    ),
  });
}

type Notifications = Omit<GetBucketNotificationConfigurationCommandOutput, "$metadata">;

export function notifications(answer: Notifications): JsonObject {
  const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } = answer;
  return present({
    TopicConfigurations: TopicConfigurations?.flatMap((one) => perEvent(one, { Topic: one.TopicArn })),
    QueueConfigurations: QueueConfigurations?.flatMap((one) => perEvent(one, { Queue: one.QueueArn })),
    LambdaConfigurations: LambdaFunctionConfigurations?.flatMap((one) =>
      perEvent(one, { Function: one.LambdaFunctionArn }),
    ),
    EventBridgeConfiguration: EventBridgeConfiguration === undefined ? undefined : { EventBridgeEnabled: true },
  });
}

interface Notification {
  readonly Events?: readonly string[] | undefined;
  readonly Filter?: NotificationConfigurationFilter | undefined;
}

/** CloudFormation has one element an event. */
function perEvent({ Events = [], Filter }: Notification, target: { readonly [key: string]: unknown }): JsonObject[] {
  const rules = Filter?.Key?.FilterRules;
  const filter = rules === undefined ? undefined : { S3Key: { Rules: rules } };
  return Events.map((Event) => present({ Event, Filter: filter, ...presentOrNone(target) }));
}
