import { bool, group, json, number, object, text, type ServiceMapping } from "./shape.js";

export const sqs: ServiceMapping = {
  types: [
    {
      terraform: ["aws_sqs_queue"],
      type: "AWS::SQS::Queue",
      name: "name",
      identities: ["name", "id", "url", "arn"],
      properties: {
        QueueName: text("name"),
        KmsMasterKeyId: text("kms_master_key_id"),
        KmsDataKeyReusePeriodSeconds: number("kms_data_key_reuse_period_seconds"),
        SqsManagedSseEnabled: bool("sqs_managed_sse_enabled"),
        FifoQueue: bool("fifo_queue"),
        MessageRetentionPeriod: number("message_retention_seconds"),
        VisibilityTimeout: number("visibility_timeout_seconds"),
        RedrivePolicy: json("redrive_policy"),
        RedriveAllowPolicy: json("redrive_allow_policy"),
        QueuePolicy: group({ PolicyDocument: json("policy") }),
      },
      // Computed where they are not written: then there is none, or it is set by a resource of its own.
      computedLegacy: ["policy", "redrive_policy", "redrive_allow_policy"],
    },
  ],
  satellites: [
    {
      terraform: ["aws_sqs_queue_policy"],
      owner: "AWS::SQS::Queue",
      links: ["queue_url"],
      merge: "set",
      properties: { QueuePolicy: object({ PolicyDocument: json("policy") }) },
    },
    {
      terraform: ["aws_sqs_queue_redrive_policy"],
      owner: "AWS::SQS::Queue",
      links: ["queue_url"],
      merge: "set",
      properties: { RedrivePolicy: json("redrive_policy") },
    },
  ],
};
