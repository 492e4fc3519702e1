import { block, group, number, text, type ServiceMapping } from "./shape.js";

export const kinesis: ServiceMapping = {
  types: [
    {
      terraform: ["aws_kinesis_stream"],
      type: "AWS::Kinesis::Stream",
      name: "name",
      properties: {
        Name: text("name"),
        ShardCount: number("shard_count"),
        RetentionPeriodHours: number("retention_period"),
        StreamModeDetails: block("stream_mode_details", { StreamMode: text("stream_mode") }),
        StreamEncryption: group({ EncryptionType: text("encryption_type"), KeyId: text("kms_key_id") }),
      },
    },
    {
      terraform: ["aws_kinesis_firehose_delivery_stream"],
      type: "AWS::KinesisFirehose::DeliveryStream",
      name: "name",
      properties: {
        DeliveryStreamName: text("name"),
        DeliveryStreamEncryptionConfigurationInput: block("server_side_encryption", {
          Enabled: text("enabled"),
          KeyType: text("key_type"),
          KeyARN: text("key_arn"),
        }),
      },
    },
  ],
  satellites: [],
};
