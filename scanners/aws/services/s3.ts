import {
  GetBucketLocationCommand,
  HeadBucketCommand,
  paginateListBuckets,
  S3Client,
  type Bucket,
} from "@aws-sdk/client-s3";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import { bucketArn, keyArn, lastPart } from "../arn.js";
import type { ConfigItem } from "../config.js";
import { describeEach, Draft } from "../draft.js";
import { inGroups, itemsOf } from "../paging.js";
import { isNamed } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";
import { bucketAspects, tagsOf } from "./s3-aspects.js";

export const s3: AwsService = {
  service: "s3",
  scope: "global",
  reads: [{ types: ["AWS::S3::Bucket"], at: "s3:ListBuckets", read: buckets, one: bucket }],
};

interface PlacedBucket {
  readonly draft: Draft;
  readonly name: string;
  /** Null where the bucket does not let us know. */
  readonly region: string | null;
  readonly item: ConfigItem | null;
}

/** The list is always AWS's own, so that a bucket which AWS Config has not recorded yet is seen; Config gives the details. */
async function* buckets(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(S3Client, context.region);
  // MaxBuckets makes S3 answer in pages, and with each bucket's region.
  const listed = itemsOf(paginateListBuckets({ client, pageSize: 1000 }, {}), (page) => page.Buckets);
  const placed = describeEach(context, listed, (bucket) => place(context, bucket));
  yield* describeEach(context, withRecords(context, inScope(context, placed)), (bucket) =>
    describeBucket(context, bucket),
  );
}

/** Names of buckets are the whole world's: without its owner it could be somebody else's that let us look. */
async function bucket(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(S3Client, context.region);
  const Name = lastPart(id, ":");
  try {
    await client.send(new HeadBucketCommand({ Bucket: Name, ExpectedBucketOwner: context.account }));
  } catch (error) {
    if (isNamed(error, ["NotFound", "NoSuchBucket"])) return null;
    throw error;
  }
  return describeBucket(context, await place(context, { Name }));
}

async function place(context: AwsContext, bucket: Bucket): Promise<PlacedBucket> {
  const draft = new Draft(context);
  draft.keep("ListBuckets", bucket);
  const name = bucket.Name ?? "";
  const region = bucket.BucketRegion ?? (await locationOf(context, draft, name));
  return { draft, name, region, item: null };
}

async function locationOf(context: AwsContext, draft: Draft, name: string): Promise<string | null> {
  const client = context.clients.of(S3Client, context.region);
  const answer = await draft.ask("s3:GetBucketLocation", {
    pointers: ["/region"],
    call: () => client.send(new GetBucketLocationCommand({ Bucket: name })),
    gone: ["NoSuchBucket"],
  });
  if (answer === null) return null;
  // The oldest region has no name here, and Ireland its old one.
  const location = (answer.LocationConstraint as string | undefined) ?? "";
  return location === "" ? "us-east-1" : location === "EU" ? "eu-west-1" : location;
}

/** Buckets of the scanned regions, and those whose region is not known: they may be of them. */
async function* inScope(context: AwsContext, placed: AsyncIterable<PlacedBucket>): AsyncGenerator<PlacedBucket> {
  for await (const bucket of placed)
    if (bucket.region === null || context.regions.includes(bucket.region)) yield bucket;
}

async function* withRecords(context: AwsContext, placed: AsyncIterable<PlacedBucket>): AsyncGenerator<PlacedBucket> {
  for await (const group of inGroups(placed, 100)) {
    const items = new Map<string, ConfigItem>();
    for (const region of new Set(group.map((bucket) => bucket.region))) {
      const recorded = region === null ? null : await context.recorded(region);
      if (recorded === null || !recorded.covers("AWS::S3::Bucket")) continue;
      const names = group.filter((bucket) => bucket.region === region).map(({ name }) => name);
      for (const [name, item] of await recorded.byId("AWS::S3::Bucket", names)) items.set(name, item);
    }
    for (const bucket of group) yield { ...bucket, item: items.get(bucket.name) ?? null };
  }
}

async function describeBucket(
  context: AwsContext,
  { draft, name, region, item }: PlacedBucket,
): Promise<ScannedResource> {
  const client = context.clients.of(S3Client, region ?? context.region);
  const config: { [key: string]: unknown } = { BucketName: name };
  if (item !== null) {
    draft.keep("BatchGetResourceConfig", item);
    draft.recordedAt(item.capturedAt);
  }
  for (const aspect of bucketAspects) {
    const recorded = item === null ? undefined : aspect.recorded?.(item);
    const value =
      recorded ??
      (await draft.ask(`s3:${aspect.operation}`, {
        pointers: aspect.pointers,
        call: () => aspect.ask(client, name),
        absent: aspect.absent,
        gone: ["NoSuchBucket"],
      }));
    Object.assign(config, value === null ? {} : aspect.config(value, draft));
  }
  const tags = tagsOf(config);
  delete config["Tags"];
  referTo(context, draft, config, region);
  return draft.done({ id: bucketArn(context, name), type: "AWS::S3::Bucket", name, region }, config, tags);
}

function referTo(
  context: AwsContext,
  draft: Draft,
  config: { readonly [key: string]: unknown },
  region: string | null,
): void {
  const logging = config["LoggingConfiguration"] as { readonly DestinationBucketName?: string } | undefined;
  if (logging?.DestinationBucketName !== undefined) draft.refer(bucketArn(context, logging.DestinationBucketName));
  const encryption = config["BucketEncryption"] as
    | {
        readonly ServerSideEncryptionConfiguration?: readonly {
          readonly ServerSideEncryptionByDefault?: { readonly KMSMasterKeyID?: string };
        }[];
      }
    | undefined;
  for (const rule of encryption?.ServerSideEncryptionConfiguration ?? [])
    draft.refer(keyArn(context, rule.ServerSideEncryptionByDefault?.KMSMasterKeyID, region ?? ""));
}
