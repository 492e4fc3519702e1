// Only what describes a secret is read: nothing in this project asks for a secret's value.
import {
  GetResourcePolicyCommand,
  paginateListSecrets,
  SecretsManagerClient,
  type SecretListEntry,
} from "@aws-sdk/client-secrets-manager";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { keyArn } from "../arn.js";
import { describeEach, Draft } from "../draft.js";
import { itemsOf } from "../paging.js";
import { present } from "../plain.js";
import type { AwsContext, AwsService } from "../service.js";

export const secretsmanager: AwsService = {
  service: "secretsmanager",
  scope: "region",
  reads: [{ types: ["AWS::SecretsManager::Secret"], at: "secretsmanager:ListSecrets", read: secrets }],
};

async function* secrets(context: AwsContext): AsyncGenerator<ScannedResource> {
  const client = context.clients.of(SecretsManagerClient, context.region);
  const listed = itemsOf(paginateListSecrets({ client, pageSize: 100 }, {}), (page) => page.SecretList);
  yield* describeEach(context, listed, (secret) => describeSecret(context, client, secret));
}

async function describeSecret(
  context: AwsContext,
  client: SecretsManagerClient,
  secret: SecretListEntry,
): Promise<ScannedResource> {
  const draft = new Draft(context);
  draft.keep("ListSecrets", secret);
  const { ARN = "", Name = "", Description, KmsKeyId } = secret;
  const policy = await draft.ask("secretsmanager:GetResourcePolicy", {
    pointers: ["/config/ResourcePolicy"],
    call: () => client.send(new GetResourcePolicyCommand({ SecretId: ARN })),
    gone: ["ResourceNotFoundException"],
  });
  const document = draft.document(policy?.ResourcePolicy, "/config/ResourcePolicy");
  draft.refer(keyArn(context, KmsKeyId), secret.RotationLambdaARN);
  const config = {
    Name,
    Description: Description === "" ? undefined : Description,
    KmsKeyId,
    RotationSchedule: rotation(secret),
    ResourcePolicy: document && { ResourcePolicy: document },
  };
  return draft.done(
    { id: ARN, type: "AWS::SecretsManager::Secret", name: Name, region: context.region },
    config,
    secret.Tags ?? [],
  );
}

/** Rules stay behind when rotation is switched off: they rotate nothing, and count as no schedule. */
function rotation({ RotationEnabled, RotationRules, RotationLambdaARN }: SecretListEntry): JsonObject | undefined {
  return RotationEnabled === true ? present({ RotationRules, RotationLambdaARN }) : undefined;
}
