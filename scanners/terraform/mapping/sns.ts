import { bool, group, json, object, text, type ServiceMapping } from "./shape.js";

export const sns: ServiceMapping = {
  types: [
    {
      terraform: ["aws_sns_topic"],
      type: "AWS::SNS::Topic",
      name: "name",
      properties: {
        TopicName: text("name"),
        DisplayName: text("display_name"),
        KmsMasterKeyId: text("kms_master_key_id"),
        FifoTopic: bool("fifo_topic"),
        SignatureVersion: text("signature_version"),
        TracingConfig: text("tracing_config"),
        TopicPolicy: group({ PolicyDocument: json("policy") }),
      },
      // Computed where it is not written: then it is the service's default, or what aws_sns_topic_policy sets.
      computedLegacy: ["policy"],
    },
    {
      terraform: ["aws_sns_topic_subscription"],
      type: "AWS::SNS::Subscription",
      tags: "none",
      properties: {
        TopicArn: text("topic_arn"),
        Protocol: text("protocol"),
        Endpoint: text("endpoint"),
        RawMessageDelivery: bool("raw_message_delivery"),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_sns_topic_policy"],
      owner: "AWS::SNS::Topic",
      links: ["arn"],
      merge: "set",
      properties: { TopicPolicy: object({ PolicyDocument: json("policy") }) },
    },
  ],
};
