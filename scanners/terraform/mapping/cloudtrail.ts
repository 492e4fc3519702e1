import { any, blocks, bool, text, type ServiceMapping } from "./shape.js";

export const cloudtrail: ServiceMapping = {
  types: [
    {
      terraform: ["aws_cloudtrail"],
      type: "AWS::CloudTrail::Trail",
      name: "name",
      properties: {
        TrailName: text("name"),
        S3BucketName: text("s3_bucket_name"),
        S3KeyPrefix: text("s3_key_prefix"),
        SnsTopicName: text("sns_topic_name"),
        IsMultiRegionTrail: bool("is_multi_region_trail"),
        IsOrganizationTrail: bool("is_organization_trail"),
        EnableLogFileValidation: bool("enable_log_file_validation"),
        KMSKeyId: text("kms_key_id"),
        CloudWatchLogsLogGroupArn: text("cloud_watch_logs_group_arn"),
        CloudWatchLogsRoleArn: text("cloud_watch_logs_role_arn"),
        // CloudFormation requires IsLogging; Terraform's default is to log, and to include global services.
        IsLogging: bool("enable_logging", true),
        IncludeGlobalServiceEvents: bool("include_global_service_events", true),
        EventSelectors: blocks("event_selector", {
          ReadWriteType: text("read_write_type"),
          IncludeManagementEvents: bool("include_management_events", true),
          DataResources: blocks("data_resource", { Type: text("type"), Values: any("values") }),
        }),
        AdvancedEventSelectors: blocks("advanced_event_selector", {
          Name: text("name"),
          FieldSelectors: blocks("field_selector", {
            Field: text("field"),
            Equals: any("equals"),
            NotEquals: any("not_equals"),
            StartsWith: any("starts_with"),
            NotStartsWith: any("not_starts_with"),
            EndsWith: any("ends_with"),
            NotEndsWith: any("not_ends_with"),
          }),
        }),
        InsightSelectors: blocks("insight_selector", { InsightType: text("insight_type") }),
      },
    },
  ],
  satellites: [],
};
