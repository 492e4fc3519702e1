import {
  GetFunctionCodeSigningConfigCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  LambdaClient,
  ListTagsCommand,
  paginateListFunctions,
  paginateListFunctionUrlConfigs,
  type FunctionConfiguration,
  type FunctionUrlConfig,
} from "@aws-sdk/client-lambda";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { ec2Arn } from "../arn.js";
import { describeEach, Draft, Gone, tagList, tagPointers } from "../draft.js";
import { itemsOf } from "../paging.js";
import { present } from "../plain.js";
import { isNamed } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";
import { environment } from "./lambda-environment.js";
import { permissions } from "./lambda-permissions.js";

export const lambda: AwsService = {
  service: "lambda",
  scope: "region",
  reads: [{ types: ["AWS::Lambda::Function"], at: "lambda:ListFunctions", read: functions, one: theFunction }],
};

const absent = ["ResourceNotFoundException"];

async function* functions(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(LambdaClient, context.region);
  const listed = itemsOf(paginateListFunctions({ client, pageSize: 50 }, {}), (page) => page.Functions);
  yield* describeEach(context, listed, (one) => describeFunction(context, client, one));
}

async function theFunction(context: AwsContext, id: string): Promise<ScannedResource> {
  const client = context.clients.of(LambdaClient, context.region);
  return describeFunction(context, client, await configurationOf(client, id));
}

async function configurationOf(client: LambdaClient, FunctionName: string): Promise<FunctionConfiguration> {
  try {
    return await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  } catch (error) {
    if (isNamed(error, absent)) throw new Gone();
    throw error;
  }
}

async function describeFunction(
  context: AwsContext,
  client: LambdaClient,
  one: FunctionConfiguration,
): Promise<ScannedResource> {
  const draft = new Draft(context);
  const Environment = environment(one);
  draft.keep("ListFunctions", { ...one, ...(one.Environment === undefined ? {} : { Environment }) });
  if (one.Environment?.Error !== undefined)
    draft.fail(["/config/Environment"], "the environment could not be decrypted for us");
  const { FunctionName = "", FunctionArn = "" } = one;
  const policy = await draft.ask("lambda:GetPolicy", {
    pointers: ["/config/Permissions"],
    call: () => client.send(new GetPolicyCommand({ FunctionName })),
    absent,
  });
  const document = draft.document(policy?.Policy, "/config/Permissions");
  const config = {
    ...settings(one),
    Environment,
    Permissions: document && permissions(document),
    ...(await asked(draft, client, FunctionName)),
  };
  const tags = await draft.ask("lambda:ListTags", {
    pointers: tagPointers,
    call: () => client.send(new ListTagsCommand({ Resource: FunctionArn })),
    gone: absent,
  });
  draft.refer(one.Role, one.KMSKeyArn, one.DeadLetterConfig?.TargetArn);
  draft.refer(...(one.VpcConfig?.SecurityGroupIds ?? []).map((id) => ec2Arn(context, "security-group", id)));
  draft.refer(...(one.VpcConfig?.SubnetIds ?? []).map((id) => ec2Arn(context, "subnet", id)));
  const identity = { id: FunctionArn, type: "AWS::Lambda::Function", name: FunctionName, region: context.region };
  return draft.done(identity, config, tagList(tags?.Tags));
}

function settings(one: FunctionConfiguration): JsonObject {
  const {
    FunctionName,
    Runtime,
    Role,
    Handler,
    MemorySize,
    Timeout,
    Description,
    PackageType,
    Architectures,
    EphemeralStorage,
  } = one;
  const vpc = one.VpcConfig;
  return present({
    ...{ FunctionName, Runtime, Role, Handler, MemorySize, Timeout, PackageType, Architectures, EphemeralStorage },
    Description: Description === "" ? undefined : Description,
    TracingConfig: one.TracingConfig,
    // A function outside any VPC is answered with empty lists.
    VpcConfig:
      (vpc?.SubnetIds ?? []).length === 0
        ? undefined
        : { SubnetIds: vpc?.SubnetIds, SecurityGroupIds: vpc?.SecurityGroupIds ?? [] },
    DeadLetterConfig: one.DeadLetterConfig?.TargetArn === undefined ? undefined : one.DeadLetterConfig,
    KmsKeyArn: one.KMSKeyArn === "" ? undefined : one.KMSKeyArn,
    Layers: one.Layers?.map(({ Arn }) => Arn),
    LoggingConfig: one.LoggingConfig,
    SnapStart: one.SnapStart?.ApplyOn === undefined ? undefined : { ApplyOn: one.SnapStart.ApplyOn },
  });
}

/** What has a call of its own. */
async function asked(draft: Draft, client: LambdaClient, FunctionName: string): Promise<JsonObject> {
  const concurrency = await draft.ask("lambda:GetFunctionConcurrency", {
    pointers: ["/config/ReservedConcurrentExecutions"],
    call: () => client.send(new GetFunctionConcurrencyCommand({ FunctionName })),
    absent,
  });
  const signing = await draft.ask("lambda:GetFunctionCodeSigningConfig", {
    pointers: ["/config/CodeSigningConfigArn"],
    call: () => client.send(new GetFunctionCodeSigningConfigCommand({ FunctionName })),
    absent,
  });
  const urls = await draft.ask("lambda:ListFunctionUrlConfigs", {
    pointers: ["/config/Url"],
    call: () => urlConfigs(client, FunctionName),
    absent,
  });
  return present({
    ReservedConcurrentExecutions: concurrency?.ReservedConcurrentExecutions,
    CodeSigningConfigArn: signing?.CodeSigningConfigArn,
    Url: mostOpen(urls ?? []),
  });
}

async function urlConfigs(client: LambdaClient, FunctionName: string): Promise<FunctionUrlConfig[]> {
  const urls: FunctionUrlConfig[] = [];
  for await (const url of itemsOf(
    paginateListFunctionUrlConfigs({ client }, { FunctionName }),
    (page) => page.FunctionUrlConfigs,
  ))
    urls.push(url);
  return urls;
}

/** Each alias can have a URL of its own; the one that asks for no signature is the one to know of. */
function mostOpen(urls: readonly FunctionUrlConfig[]): JsonObject | undefined {
  const url = urls.find(({ AuthType }) => AuthType === "NONE") ?? urls[0];
  return (
    url &&
    present({ AuthType: url.AuthType, Cors: url.Cors, InvokeMode: url.InvokeMode, TargetFunctionArn: url.FunctionArn })
  );
}
