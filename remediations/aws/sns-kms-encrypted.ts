// The key that a topic encrypts with.
import { setting } from "./aws-remediation.js";

export const snsKmsEncrypted = setting({
  id: "aws-sns-kms-encrypted",
  title: "Encrypt the topic",
  policies: ["aws-sns-kms-encrypted"],
  types: ["AWS::SNS::Topic"],
  permissions: {
    read: ["sns:GetTopicAttributes", "sns:ListTagsForResource"],
    write: ["sns:SetTopicAttributes"],
  },
  undo: "Takes the key off again.",
  caution:
    "It is the key that AWS keeps for SNS in the account: services such as CloudWatch or S3 cannot publish with it.",
  pointer: "/config/KmsMasterKeyId",
  wanted: () => "alias/aws/sns",
  set: async (clients, place, value) => {
    const { SetTopicAttributesCommand, SNSClient } = await import("@aws-sdk/client-sns");
    const AttributeValue = typeof value === "string" ? value : "";
    const attribute = { TopicArn: place.id, AttributeName: "KmsMasterKeyId", AttributeValue };
    await clients.of(SNSClient, place.region).send(new SetTopicAttributesCommand(attribute));
  },
});
