import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetResourcePolicyCommand,
  ListTagsOfResourceCommand,
  paginateListTables,
  type SSEDescription,
  type TableDescription,
  type Tag,
} from "@aws-sdk/client-dynamodb";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { accountArn, lastPart } from "../arn.js";
import { describeEach, Draft, tagPointers } from "../draft.js";
import { itemsOf } from "../paging.js";
import { present } from "../plain.js";
import { UnreadableAnswer } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

export const dynamodb: AwsService = {
  service: "dynamodb",
  scope: "region",
  reads: [{ types: ["AWS::DynamoDB::Table"], at: "dynamodb:ListTables", read: tables, one: table }],
};

const gone = ["ResourceNotFoundException", "TableNotFoundException"];

async function* tables(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(DynamoDBClient, context.region);
  const names = itemsOf(paginateListTables({ client, pageSize: 100 }, {}), (page) => page.TableNames);
  yield* describeEach(context, names, (name) => describeTable(context, client, name));
}

async function table(context: AwsContext, id: string): Promise<ScannedResource> {
  return describeTable(context, context.clients.of(DynamoDBClient, context.region), lastPart(id, "/"));
}

async function describeTable(context: AwsContext, client: DynamoDBClient, TableName: string): Promise<ScannedResource> {
  const draft = new Draft(context);
  const described = await draft.ask("dynamodb:DescribeTable", {
    pointers: ["/config"],
    call: () => tableOf(client, TableName),
    gone,
  });
  const arn = described?.TableArn ?? accountArn(context, "dynamodb", `table/${TableName}`, context.region);
  const backups = await draft.ask("dynamodb:DescribeContinuousBackups", {
    pointers: ["/config/PointInTimeRecoverySpecification"],
    call: () => client.send(new DescribeContinuousBackupsCommand({ TableName })),
    gone,
  });
  const recovery = backups?.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  const timeToLive = await draft.ask("dynamodb:DescribeTimeToLive", {
    pointers: ["/config/TimeToLiveSpecification"],
    call: () => client.send(new DescribeTimeToLiveCommand({ TableName })),
    gone,
  });
  const policy = await draft.ask("dynamodb:GetResourcePolicy", {
    pointers: ["/config/ResourcePolicy"],
    call: () => client.send(new GetResourcePolicyCommand({ ResourceArn: arn })),
    absent: ["PolicyNotFoundException"],
    gone,
  });
  const document = draft.document(policy?.Policy, "/config/ResourcePolicy");
  const tags = await draft.ask("dynamodb:ListTagsOfResource", {
    pointers: tagPointers,
    call: () => tagsOf(client, arn),
    gone,
  });
  const config = {
    TableName,
    ...(described === null ? {} : settings(described)),
    PointInTimeRecoverySpecification: backups && {
      PointInTimeRecoveryEnabled: recovery?.PointInTimeRecoveryStatus === "ENABLED",
      ...(recovery?.RecoveryPeriodInDays === undefined ? {} : { RecoveryPeriodInDays: recovery.RecoveryPeriodInDays }),
    },
    TimeToLiveSpecification: ttl(timeToLive?.TimeToLiveDescription),
    ResourcePolicy: document && { PolicyDocument: document },
  };
  draft.refer(described?.SSEDescription?.KMSMasterKeyArn);
  return draft.done(
    { id: arn, type: "AWS::DynamoDB::Table", name: TableName, region: context.region },
    config,
    tags ?? [],
  );
}

async function tableOf(client: DynamoDBClient, TableName: string): Promise<TableDescription> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  if (Table === undefined) throw new UnreadableAnswer("the answer has no table in it");
  return Table;
}

async function tagsOf(client: DynamoDBClient, ResourceArn: string): Promise<Tag[]> {
  const tags: Tag[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListTagsOfResourceCommand({ ResourceArn, ...(NextToken === undefined ? {} : { NextToken }) }),
    );
    tags.push(...(page.Tags ?? []));
    if (page.NextToken !== undefined && page.NextToken === NextToken)
      throw new UnreadableAnswer("a page that leads to itself");
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return tags;
}

function settings(table: TableDescription): JsonObject {
  const { KeySchema, AttributeDefinitions, DeletionProtectionEnabled, StreamSpecification, ProvisionedThroughput } =
    table;
  const { ReadCapacityUnits, WriteCapacityUnits } = ProvisionedThroughput ?? {};
  return present({
    KeySchema,
    AttributeDefinitions,
    DeletionProtectionEnabled: DeletionProtectionEnabled ?? false,
    StreamSpecification:
      StreamSpecification?.StreamViewType === undefined
        ? undefined
        : { StreamViewType: StreamSpecification.StreamViewType },
    BillingMode: table.BillingModeSummary?.BillingMode ?? "PROVISIONED",
    ProvisionedThroughput: present({ ReadCapacityUnits, WriteCapacityUnits }),
    TableClass: table.TableClassSummary?.TableClass,
    SSESpecification: encryption(table.SSEDescription),
  });
}

/** Without a description the table is encrypted with DynamoDB's own key, which CloudFormation has as no specification. */
function encryption(described: SSEDescription | undefined): JsonObject | undefined {
  if (described === undefined) return undefined;
  const { Status, SSEType, KMSMasterKeyArn } = described;
  return present({
    SSEEnabled: Status === "ENABLED" || Status === "UPDATING",
    SSEType,
    KMSMasterKeyId: KMSMasterKeyArn,
  });
}

function ttl(
  described:
    { readonly TimeToLiveStatus?: string | undefined; readonly AttributeName?: string | undefined } | undefined,
) {
  if (described?.AttributeName === undefined) return undefined;
  return { AttributeName: described.AttributeName, Enabled: described.TimeToLiveStatus === "ENABLED" };
}
