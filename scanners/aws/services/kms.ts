import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListResourceTagsCommand,
  paginateListKeys,
  type KeyListEntry,
  type KeyMetadata,
} from "@aws-sdk/client-kms";
import type { ScannedResource, ScanProblem } from "../../../src/inventory/scan-item.js";
import { describeEach, Draft, Gone, tagPointers } from "../draft.js";
import { itemsOf } from "../paging.js";
import { isNamed, refused, UnreadableAnswer } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

export const kms: AwsService = {
  service: "kms",
  scope: "region",
  reads: [{ types: ["AWS::KMS::Key"], at: "kms:ListKeys", read: keys, one: key }],
};

const gone = ["NotFoundException"];

async function* keys(context: AwsContext): AsyncGenerator<ScannedResource | ScanProblem> {
  const client = context.clients.of(KMSClient, context.region);
  const listed = itemsOf(paginateListKeys({ client, pageSize: 1000 }, {}), (page) => page.Keys);
  for await (const item of describeEach(context, listed, (key) => describeListedKey(context, key)))
    if (item !== null) yield item;
}

function key(context: AwsContext, id: string): Promise<ScannedResource | ScanProblem | null> {
  return describeListedKey(context, { KeyId: id });
}

async function describeListedKey(
  context: AwsContext,
  { KeyId = "" }: KeyListEntry,
): Promise<ScannedResource | ScanProblem | null> {
  const client = context.clients.of(KMSClient, context.region);
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    if (KeyMetadata === undefined) throw new UnreadableAnswer("the answer has no key in it");
    // AWS's own keys cannot be configured by anyone.
    return KeyMetadata.KeyManager === "AWS" ? null : await describeKey(context, client, KeyMetadata);
  } catch (error) {
    if (error instanceof Gone) throw error;
    if (isNamed(error, gone)) throw new Gone();
    // Without its description nobody knows whether the key is the account's own: a problem, not a resource with a hole.
    return refused(error, {
      at: "kms:DescribeKey",
      hides: ["AWS::KMS::Key"],
      account: context.account,
      region: context.region,
    });
  }
}

async function describeKey(context: AwsContext, client: KMSClient, key: KeyMetadata): Promise<ScannedResource> {
  const draft = new Draft(context);
  draft.keep("DescribeKey", key);
  const { KeyId = "", Arn = "" } = key;
  const policy = await draft.ask("kms:GetKeyPolicy", {
    pointers: ["/config/KeyPolicy"],
    call: () => client.send(new GetKeyPolicyCommand({ KeyId, PolicyName: "default" })),
    gone,
  });
  const tags = await draft.ask("kms:ListResourceTags", {
    pointers: tagPointers,
    call: () => client.send(new ListResourceTagsCommand({ KeyId })),
    gone,
  });
  const config = {
    Description: key.Description,
    Enabled: key.Enabled,
    KeySpec: key.KeySpec,
    KeyUsage: key.KeyUsage,
    MultiRegion: key.MultiRegion,
    PendingWindowInDays: key.PendingDeletionWindowInDays,
    EnableKeyRotation: await rotation(draft, client, key),
    KeyPolicy: draft.document(policy?.Policy, "/config/KeyPolicy"),
  };
  const named = (tags?.Tags ?? []).map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue }));
  return draft.done({ id: Arn, type: "AWS::KMS::Key", name: KeyId, region: context.region }, config, named);
}

/** Only symmetric keys can be rotated: of the others nothing is said, as in a template, where the property is not allowed. */
async function rotation(
  draft: Draft,
  client: KMSClient,
  { KeyId = "", KeySpec }: KeyMetadata,
): Promise<boolean | undefined> {
  if (KeySpec !== undefined && KeySpec !== "SYMMETRIC_DEFAULT") return undefined;
  const answer = await draft.ask("kms:GetKeyRotationStatus", {
    pointers: ["/config/EnableKeyRotation"],
    call: () => client.send(new GetKeyRotationStatusCommand({ KeyId })),
    absent: ["UnsupportedOperationException"],
    gone,
  });
  return answer?.KeyRotationEnabled;
}
