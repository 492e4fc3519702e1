// A light server of ours in AWS's shape, for scans of many resources: accounts with queues and tables in regions, each answer after
// a latency like that of a network. moto keeps one process busy with a fraction of it; what moto has is tested with moto.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `queues` and `tables` for each account and region. `latencyMs`: before each answer. `hold`: asked before each answer with
 * {account, region, service, operation}; a promise that it gives is waited for. `generation`: which queues are not encrypted
 * changes with it.
 */
export async function startAwsEstate({
  regions,
  queues,
  tables,
  latencyMs = 0,
  hold = () => undefined,
  generation = () => 0,
}) {
  const calls = new Map();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text) => (body += text));
    request.on("end", () => {
      void answer(request, body).then(
        ({ status = 200, type, text }) => {
          response.writeHead(status, { "content-type": type, "x-amzn-requestid": "r" }).end(text);
        },
        () => response.destroy(),
      );
    });
  });

  const answer = async ({ headers }, body) => {
    const [, key = "", region = "", service = ""] =
      /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
    const account = /^ASIA(\d{12})$/.exec(key)?.[1] ?? homeAccount;
    const form = new URLSearchParams(body);
    const operation = headers["x-amz-target"]?.split(".").at(-1) ?? form.get("Action") ?? "";
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    await hold({ account, region, service, operation });
    if (latencyMs > 0) await sleep(latencyMs);
    const given = headers["x-amz-target"] === undefined ? Object.fromEntries(form) : JSON.parse(body || "{}");
    const place = { account, region };
    if (service === "sts") return xml(sts(operation, given, place));
    if (service === "ec2") return xml(describeRegions(regions));
    if (service === "sqs") return json(sqs(operation, given, { ...place, queues, origin, generation: generation() }));
    if (service === "dynamodb") return json(dynamodb(operation, given, { ...place, tables }));
    return { status: 400, ...json({ __type: "UnknownOperationException", message: `${service} ${operation}` }) };
  };

  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    endpoint: origin,
    calls,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const homeAccount = "100000000000";

const xml = (text) => ({ type: "text/xml", text });
const json = (value) => ({
  type: "application/x-amz-json-1.0",
  text: JSON.stringify(value),
  ...(value.__type === undefined ? {} : { status: 400 }),
});

function sts(operation, { RoleArn = "" }, { account }) {
  if (operation === "GetCallerIdentity")
    return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/x</Arn><UserId>x</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const other = /::(\d{12}):/.exec(RoleArn)?.[1] ?? "";
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA${other}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

function describeRegions(regions) {
  const items = regions.map(
    (name) => `<item><regionName>${name}</regionName><optInStatus>opt-in-not-required</optInStatus></item>`,
  );
  return `<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo>${items.join("")}</regionInfo></DescribeRegionsResponse>`;
}

const pageSize = 50;
function page(count, token) {
  const from = Number(token ?? 0);
  const numbers = Array.from({ length: Math.max(0, Math.min(pageSize, count - from)) }, (_, at) => from + at);
  return { numbers, next: from + pageSize < count ? String(from + pageSize) : undefined };
}

function sqs(operation, { NextToken, QueueUrl = "" }, { account, region, queues, origin, generation }) {
  if (operation === "ListQueues") {
    const { numbers, next } = page(queues, NextToken);
    return { QueueUrls: numbers.map((n) => `${origin}/${account}/queue-${n}`), NextToken: next };
  }
  const name = QueueUrl.split("/").at(-1);
  const n = Number(name?.split("-").at(-1));
  if (operation === "ListQueueTags") return { Tags: { team: `team-${n % 7}` } };
  const open = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" };
  return {
    Attributes: {
      QueueArn: `arn:aws:sqs:${region}:${account}:${name}`,
      VisibilityTimeout: "30",
      MessageRetentionPeriod: "345600",
      SqsManagedSseEnabled: String((n + generation) % 3 !== 0),
      ...(n % 5 === 0 ? { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [open] }) } : {}),
    },
  };
}

function dynamodb(operation, given, { account, region, tables }) {
  if (operation === "ListTables") {
    const { numbers, next } = page(tables, given.ExclusiveStartTableName);
    return { TableNames: numbers.map((n) => `table-${n}`), LastEvaluatedTableName: next };
  }
  if (operation === "GetResourcePolicy")
    return { __type: "com.amazonaws.dynamodb.v20120810#PolicyNotFoundException", message: "none" };
  if (operation === "ListTagsOfResource") return { Tags: [{ Key: "team", Value: "ledger" }] };
  const n = Number(given.TableName?.split("-").at(-1));
  if (operation === "DescribeTimeToLive") return { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } };
  if (operation === "DescribeContinuousBackups") {
    const status = n % 2 === 0 ? "ENABLED" : "DISABLED";
    return {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: "ENABLED",
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
      },
    };
  }
  return {
    Table: {
      TableName: given.TableName,
      TableArn: `arn:aws:dynamodb:${region}:${account}:table/${given.TableName}`,
      TableStatus: "ACTIVE",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      DeletionProtectionEnabled: n % 4 === 0,
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    },
  };
}
