import { block, group, json, number, object, text, type Shape, type ServiceMapping } from "./shape.js";

const rotation: Shape = {
  RotationLambdaARN: text("rotation_lambda_arn"),
  RotationRules: block("rotation_rules", {
    AutomaticallyAfterDays: number("automatically_after_days"),
    ScheduleExpression: text("schedule_expression"),
    Duration: text("duration"),
  }),
};

export const secretsmanager: ServiceMapping = {
  types: [
    {
      terraform: ["aws_secretsmanager_secret"],
      type: "AWS::SecretsManager::Secret",
      name: "name",
      properties: {
        Name: text("name"),
        Description: text("description"),
        KmsKeyId: text("kms_key_id"),
        RotationSchedule: group(rotation),
        ResourcePolicy: group({ ResourcePolicy: json("policy") }),
      },
      // Computed where they are not written: then there is none, or it is set by a resource of its own.
      computedLegacy: ["policy", "rotation_lambda_arn", "rotation_rules"],
    },
  ],
  satellites: [
    {
      terraform: ["aws_secretsmanager_secret_rotation"],
      owner: "AWS::SecretsManager::Secret",
      links: ["secret_id"],
      merge: "set",
      properties: { RotationSchedule: object(rotation) },
    },
    {
      terraform: ["aws_secretsmanager_secret_policy"],
      owner: "AWS::SecretsManager::Secret",
      links: ["secret_arn"],
      merge: "set",
      properties: { ResourcePolicy: object({ ResourcePolicy: json("policy") }) },
    },
  ],
};
