import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  paginateListQueues,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import { isObject, own } from "../../../src/json.js";
import { accountArn, keyArn, lastPart } from "../arn.js";
import { describeEach, Draft, tagList, tagPointers } from "../draft.js";
import { itemsOf } from "../paging.js";
import { booleanOf, numberOf } from "../plain.js";
import { isNamed, UnreadableAnswer } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

export const sqs: AwsService = {
  service: "sqs",
  scope: "region",
  reads: [{ types: ["AWS::SQS::Queue"], at: "sqs:ListQueues", read: queues, one: queue }],
};

const gone = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

async function* queues(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(SQSClient, context.region);
  // Without a page size SQS stops at 1,000 queues and does not say that there are more. No queue at all is an answer without the list.
  const listed = itemsOf(paginateListQueues({ client, pageSize: 1000 }, {}), (page) => page.QueueUrls ?? []);
  yield* describeEach(context, listed, (url) => describeQueue(context, client, url));
}

async function queue(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(SQSClient, context.region);
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: lastPart(id, ":") }));
    if (QueueUrl === undefined) throw new UnreadableAnswer("the answer has no address in it");
    return await describeQueue(context, client, QueueUrl);
  } catch (error) {
    if (isNamed(error, gone)) return null;
    throw error;
  }
}

async function describeQueue(context: AwsContext, client: SQSClient, QueueUrl: string): Promise<ScannedResource> {
  const draft = new Draft(context);
  const attributes = await draft.ask("sqs:GetQueueAttributes", {
    pointers: ["/config"],
    call: () => attributesOf(client, QueueUrl),
    gone,
  });
  const tags = await draft.ask("sqs:ListQueueTags", {
    pointers: tagPointers,
    call: () => client.send(new ListQueueTagsCommand({ QueueUrl })),
    gone,
  });
  const QueueName = QueueUrl.split("/").at(-1) ?? QueueUrl;
  const id = attributes?.["QueueArn"] ?? accountArn(context, "sqs", QueueName, context.region);
  const config = { QueueName, ...(attributes === null ? {} : settings(draft, attributes)) };
  const redrive = (config as { readonly RedrivePolicy?: unknown }).RedrivePolicy;
  const deadLetters = isObject(redrive) ? own(redrive, "deadLetterTargetArn") : undefined;
  draft.refer(
    keyArn(context, attributes?.["KmsMasterKeyId"]),
    typeof deadLetters === "string" ? deadLetters : undefined,
  );
  return draft.done(
    { id, type: "AWS::SQS::Queue", name: QueueName, region: context.region },
    config,
    tagList(tags?.Tags),
  );
}

type Attributes = { readonly [name: string]: string | undefined };

async function attributesOf(client: SQSClient, QueueUrl: string): Promise<Attributes> {
  const answer = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  if (answer.Attributes?.QueueArn === undefined) throw new UnreadableAnswer("the answer has no attributes in it");
  return answer.Attributes;
}

function settings(draft: Draft, attributes: Attributes): { readonly [key: string]: unknown } {
  const document = draft.document(attributes["Policy"], "/config/QueuePolicy");
  return {
    DelaySeconds: numberOf(attributes["DelaySeconds"]),
    MaximumMessageSize: numberOf(attributes["MaximumMessageSize"]),
    MessageRetentionPeriod: numberOf(attributes["MessageRetentionPeriod"]),
    ReceiveMessageWaitTimeSeconds: numberOf(attributes["ReceiveMessageWaitTimeSeconds"]),
    VisibilityTimeout: numberOf(attributes["VisibilityTimeout"]),
    KmsMasterKeyId: attributes["KmsMasterKeyId"] === "" ? undefined : attributes["KmsMasterKeyId"],
    KmsDataKeyReusePeriodSeconds: numberOf(attributes["KmsDataKeyReusePeriodSeconds"]),
    SqsManagedSseEnabled: booleanOf(attributes["SqsManagedSseEnabled"]),
    FifoQueue: booleanOf(attributes["FifoQueue"]),
    ContentBasedDeduplication: booleanOf(attributes["ContentBasedDeduplication"]),
    RedrivePolicy: draft.document(attributes["RedrivePolicy"], "/config/RedrivePolicy"),
    RedriveAllowPolicy: draft.document(attributes["RedriveAllowPolicy"], "/config/RedriveAllowPolicy"),
    QueuePolicy: document && { PolicyDocument: document },
  };
}
