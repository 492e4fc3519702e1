// Whether SQS encrypts a queue with its own keys.
import { nameOf, setting } from "./aws-remediation.js";

export const sqsEncrypted = setting({
  id: "aws-sqs-encrypted",
  title: "Encrypt the queue",
  policies: ["aws-sqs-encrypted"],
  types: ["AWS::SQS::Queue"],
  permissions: {
    read: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"],
    write: ["sqs:SetQueueAttributes"],
  },
  undo: "Turns the encryption off again.",
  caution: null,
  pointer: "/config/SqsManagedSseEnabled",
  wanted: () => true,
  canRestore: (former) => former === false,
  set: async (clients, place, value) => {
    const { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } = await import("@aws-sdk/client-sqs");
    const sqs = clients.of(SQSClient, place.region);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: nameOf(place) }));
    const Attributes = { SqsManagedSseEnabled: String(value === true) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  },
});
