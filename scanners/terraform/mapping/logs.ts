import { blocks, number, text, type ServiceMapping } from "./shape.js";

export const logs: ServiceMapping = {
  types: [
    {
      terraform: ["aws_cloudwatch_log_group"],
      type: "AWS::Logs::LogGroup",
      name: "name",
      properties: {
        LogGroupName: text("name"),
        RetentionInDays: number("retention_in_days"),
        KmsKeyId: text("kms_key_id"),
        LogGroupClass: text("log_group_class"),
      },
    },
    {
      terraform: ["aws_cloudwatch_log_metric_filter"],
      type: "AWS::Logs::MetricFilter",
      name: "name",
      tags: "none",
      properties: {
        FilterName: text("name"),
        FilterPattern: text("pattern"),
        LogGroupName: text("log_group_name"),
        MetricTransformations: blocks("metric_transformation", {
          MetricName: text("name"),
          MetricNamespace: text("namespace"),
          MetricValue: text("value"),
        }),
      },
    },
  ],
  satellites: [],
};
