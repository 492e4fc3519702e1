import { block, blocks, bool, number, text, type ServiceMapping } from "./shape.js";

export const dynamodb: ServiceMapping = {
  types: [
    {
      terraform: ["aws_dynamodb_table"],
      type: "AWS::DynamoDB::Table",
      name: "name",
      properties: {
        TableName: text("name"),
        BillingMode: text("billing_mode"),
        PointInTimeRecoverySpecification: block("point_in_time_recovery", {
          PointInTimeRecoveryEnabled: bool("enabled"),
          RecoveryPeriodInDays: number("recovery_period_in_days"),
        }),
        SSESpecification: block("server_side_encryption", {
          SSEEnabled: bool("enabled"),
          KMSMasterKeyId: text("kms_key_arn"),
        }),
        DeletionProtectionEnabled: bool("deletion_protection_enabled"),
        StreamSpecification: { kind: "group", shape: { StreamViewType: text("stream_view_type") } },
        TableClass: text("table_class"),
        TimeToLiveSpecification: block("ttl", { Enabled: bool("enabled"), AttributeName: text("attribute_name") }),
        ProvisionedThroughput: {
          kind: "group",
          shape: { ReadCapacityUnits: number("read_capacity"), WriteCapacityUnits: number("write_capacity") },
        },
        AttributeDefinitions: blocks("attribute", { AttributeName: text("name"), AttributeType: text("type") }),
      },
    },
  ],
  satellites: [],
};
