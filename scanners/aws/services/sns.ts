import {
  GetTopicAttributesCommand,
  ListTagsForResourceCommand,
  paginateListTopics,
  SNSClient,
} from "@aws-sdk/client-sns";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import { keyArn } from "../arn.js";
import { describeEach, Draft, tagPointers } from "../draft.js";
import { itemsOf } from "../paging.js";
import { booleanOf } from "../plain.js";
import { UnreadableAnswer } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

export const sns: AwsService = {
  service: "sns",
  scope: "region",
  reads: [{ types: ["AWS::SNS::Topic"], at: "sns:ListTopics", read: topics, one: topic }],
};

const gone = ["NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"];

async function* topics(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(SNSClient, context.region);
  const listed = itemsOf(paginateListTopics({ client }, {}), (page) => page.Topics);
  yield* describeEach(context, listed, ({ TopicArn = "" }) => describeTopic(context, client, TopicArn));
}

function topic(context: AwsContext, id: string): Promise<ScannedResource> {
  return describeTopic(context, context.clients.of(SNSClient, context.region), id);
}

async function describeTopic(context: AwsContext, client: SNSClient, TopicArn: string): Promise<ScannedResource> {
  const draft = new Draft(context);
  const attributes = await draft.ask("sns:GetTopicAttributes", {
    pointers: ["/config"],
    call: () => attributesOf(client, TopicArn),
    gone,
  });
  const call = () => client.send(new ListTagsForResourceCommand({ ResourceArn: TopicArn }));
  const tags = await draft.ask("sns:ListTagsForResource", { pointers: tagPointers, call, gone });
  const TopicName = TopicArn.split(":").at(-1) ?? TopicArn;
  const config = { TopicName, ...(attributes === null ? {} : settings(draft, attributes)) };
  draft.refer(keyArn(context, attributes?.["KmsMasterKeyId"]));
  return draft.done(
    { id: TopicArn, type: "AWS::SNS::Topic", name: TopicName, region: context.region },
    config,
    tags?.Tags ?? [],
  );
}

type Attributes = { readonly [name: string]: string | undefined };

async function attributesOf(client: SNSClient, TopicArn: string): Promise<Attributes> {
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
  if (Attributes?.["TopicArn"] === undefined) throw new UnreadableAnswer("the answer has no attributes in it");
  return Attributes;
}

function settings(draft: Draft, attributes: Attributes): { readonly [key: string]: unknown } {
  const document = draft.document(attributes["Policy"], "/config/TopicPolicy");
  return {
    DisplayName: attributes["DisplayName"] === "" ? undefined : attributes["DisplayName"],
    KmsMasterKeyId: attributes["KmsMasterKeyId"] === "" ? undefined : attributes["KmsMasterKeyId"],
    FifoTopic: booleanOf(attributes["FifoTopic"]),
    ContentBasedDeduplication: booleanOf(attributes["ContentBasedDeduplication"]),
    SignatureVersion: attributes["SignatureVersion"],
    TracingConfig: attributes["TracingConfig"],
    TopicPolicy: document && { PolicyDocument: document },
  };
}
