import { any, bool, number, text, type ServiceMapping } from "./shape.js";

export const cloudwatch: ServiceMapping = {
  types: [
    {
      terraform: ["aws_cloudwatch_metric_alarm"],
      type: "AWS::CloudWatch::Alarm",
      name: "alarm_name",
      properties: {
        AlarmName: text("alarm_name"),
        AlarmDescription: text("alarm_description"),
        ActionsEnabled: bool("actions_enabled"),
        AlarmActions: any("alarm_actions"),
        OKActions: any("ok_actions"),
        InsufficientDataActions: any("insufficient_data_actions"),
        ComparisonOperator: text("comparison_operator"),
        EvaluationPeriods: number("evaluation_periods"),
        MetricName: text("metric_name"),
        Namespace: text("namespace"),
        Period: number("period"),
        Statistic: text("statistic"),
        Threshold: number("threshold"),
        TreatMissingData: text("treat_missing_data"),
      },
    },
  ],
  satellites: [],
};
