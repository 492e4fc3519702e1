import { any, block, bool, text, type ServiceMapping } from "./shape.js";

export const config: ServiceMapping = {
  types: [
    {
      terraform: ["aws_config_configuration_recorder"],
      type: "AWS::Config::ConfigurationRecorder",
      name: "name",
      tags: "none",
      properties: {
        Name: text("name"),
        RoleARN: text("role_arn"),
        RecordingGroup: block("recording_group", {
          AllSupported: bool("all_supported", true),
          IncludeGlobalResourceTypes: bool("include_global_resource_types"),
          ResourceTypes: any("resource_types"),
          RecordingStrategy: block("recording_strategy", { UseOnly: text("use_only") }),
        }),
        RecordingMode: block("recording_mode", { RecordingFrequency: text("recording_frequency") }),
      },
    },
    {
      terraform: ["aws_config_delivery_channel"],
      type: "AWS::Config::DeliveryChannel",
      name: "name",
      tags: "none",
      properties: {
        Name: text("name"),
        S3BucketName: text("s3_bucket_name"),
        S3KeyPrefix: text("s3_key_prefix"),
        S3KmsKeyArn: text("s3_kms_key_arn"),
        SnsTopicARN: text("sns_topic_arn"),
      },
    },
    {
      terraform: ["aws_guardduty_detector"],
      type: "AWS::GuardDuty::Detector",
      properties: {
        // Terraform's default is to switch it on; CloudFormation requires the property.
        Enable: bool("enable", true),
        FindingPublishingFrequency: text("finding_publishing_frequency"),
      },
    },
  ],
  satellites: [],
};
