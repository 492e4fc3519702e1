import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  ListTagsCommand,
  type GetEventSelectorsCommandOutput,
  type Trail,
} from "@aws-sdk/client-cloudtrail";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { bucketArn } from "../arn.js";
import { describeEach, Draft, tagPointers } from "../draft.js";
import { listOf } from "../paging.js";
import { presentOrNone } from "../plain.js";
import type { AwsContext, AwsService } from "../service.js";

export const cloudtrail: AwsService = {
  service: "cloudtrail",
  scope: "region",
  isShared: true,
  reads: [{ types: ["AWS::CloudTrail::Trail"], at: "cloudtrail:DescribeTrails", read: trails, one: trail }],
};

const gone = ["TrailNotFoundException"];

/** A multi-region trail shows in every region: it is yielded once, described from its home region, even when that is not scanned. */
async function* trails(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(CloudTrailClient, context.region);
  const answer = await client.send(new DescribeTrailsCommand({ includeShadowTrails: true }));
  const unclaimed = listOf(answer.trailList).filter(({ TrailARN = "" }) => context.claim(TrailARN));
  yield* describeEach(context, unclaimed, (trail) => describeTrail(context, trail));
}

async function trail(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(CloudTrailClient, context.region);
  const answer = await client.send(new DescribeTrailsCommand({ trailNameList: [id], includeShadowTrails: true }));
  const found = listOf(answer.trailList).find(({ TrailARN }) => TrailARN === id);
  return found === undefined ? null : describeTrail(context, found);
}

async function describeTrail(context: AwsContext, trail: Trail): Promise<ScannedResource> {
  const draft = new Draft(context);
  draft.keep("DescribeTrails", trail);
  const { TrailARN = "", HomeRegion = context.region, Name = "" } = trail;
  const client = context.clients.of(CloudTrailClient, HomeRegion);
  const status = await draft.ask("cloudtrail:GetTrailStatus", {
    pointers: ["/config/IsLogging"],
    call: () => client.send(new GetTrailStatusCommand({ Name: TrailARN })),
    gone,
  });
  const selectors = await draft.ask("cloudtrail:GetEventSelectors", {
    pointers: ["/config/EventSelectors", "/config/AdvancedEventSelectors"],
    call: () => client.send(new GetEventSelectorsCommand({ TrailName: TrailARN })),
    gone,
  });
  const tags = await draft.ask("cloudtrail:ListTags", {
    pointers: tagPointers,
    call: () => client.send(new ListTagsCommand({ ResourceIdList: [TrailARN] })),
    gone,
  });
  const tagged = tags?.ResourceTagList?.flatMap(({ TagsList = [] }) => TagsList) ?? [];
  const config = { ...trailSettings(trail), IsLogging: status?.IsLogging, ...selectorSettings(selectors) };
  draft.refer(
    trail.KmsKeyId,
    trail.CloudWatchLogsRoleArn,
    trail.SnsTopicARN,
    trail.S3BucketName && bucketArn(context, trail.S3BucketName),
  );
  return draft.done({ id: TrailARN, type: "AWS::CloudTrail::Trail", name: Name, region: HomeRegion }, config, tagged);
}

function trailSettings(trail: Trail): { readonly [key: string]: unknown } {
  return {
    TrailName: trail.Name,
    S3BucketName: trail.S3BucketName,
    S3KeyPrefix: trail.S3KeyPrefix,
    IsMultiRegionTrail: trail.IsMultiRegionTrail,
    IsOrganizationTrail: trail.IsOrganizationTrail,
    IncludeGlobalServiceEvents: trail.IncludeGlobalServiceEvents,
    EnableLogFileValidation: trail.LogFileValidationEnabled,
    KMSKeyId: trail.KmsKeyId,
    CloudWatchLogsLogGroupArn: trail.CloudWatchLogsLogGroupArn,
    CloudWatchLogsRoleArn: trail.CloudWatchLogsRoleArn,
    SnsTopicName: trail.SnsTopicARN?.split(":").at(-1),
  };
}

function selectorSettings(answer: GetEventSelectorsCommandOutput | null): JsonObject | undefined {
  return presentOrNone({
    EventSelectors: answer?.EventSelectors,
    AdvancedEventSelectors: answer?.AdvancedEventSelectors,
  });
}
