import { any, block, bool, json, number, only, text, type ServiceMapping, type Shape } from "./shape.js";

const methodSetting: Shape = {
  LoggingLevel: text("settings.logging_level"),
  MetricsEnabled: bool("settings.metrics_enabled"),
  DataTraceEnabled: bool("settings.data_trace_enabled"),
  CachingEnabled: bool("settings.caching_enabled"),
  CacheDataEncrypted: bool("settings.cache_data_encrypted"),
  ThrottlingBurstLimit: number("settings.throttling_burst_limit"),
};

const accessLog = block("access_log_settings", { DestinationArn: text("destination_arn"), Format: text("format") });

export const apigateway: ServiceMapping = {
  types: [
    {
      terraform: ["aws_api_gateway_rest_api"],
      type: "AWS::ApiGateway::RestApi",
      name: "name",
      identities: ["id", "arn"],
      properties: {
        Name: text("name"),
        Description: text("description"),
        Policy: json("policy"),
        DisableExecuteApiEndpoint: bool("disable_execute_api_endpoint"),
        EndpointConfiguration: block("endpoint_configuration", {
          Types: any("types"),
          VpcEndpointIds: any("vpc_endpoint_ids"),
        }),
      },
      // Computed where it is not written: then there is none, or it is set by a resource of its own.
      computedLegacy: ["policy"],
    },
    {
      terraform: ["aws_api_gateway_stage"],
      type: "AWS::ApiGateway::Stage",
      name: "stage_name",
      identities: ["stage_name"],
      properties: {
        StageName: text("stage_name"),
        RestApiId: text("rest_api_id"),
        TracingEnabled: bool("xray_tracing_enabled"),
        CacheClusterEnabled: bool("cache_cluster_enabled"),
        ClientCertificateId: text("client_certificate_id"),
        AccessLogSetting: accessLog,
      },
    },
    {
      terraform: ["aws_apigatewayv2_stage"],
      type: "AWS::ApiGatewayV2::Stage",
      name: "name",
      properties: { StageName: text("name"), ApiId: text("api_id"), AccessLogSettings: accessLog },
    },
  ],
  satellites: [
    {
      terraform: ["aws_api_gateway_rest_api_policy"],
      owner: "AWS::ApiGateway::RestApi",
      links: ["rest_api_id"],
      merge: "set",
      properties: { Policy: json("policy") },
    },
    {
      terraform: ["aws_api_gateway_method_settings"],
      owner: "AWS::ApiGateway::Stage",
      links: ["stage_name"],
      merge: "append",
      properties: { MethodSettings: only({ kind: "object", shape: methodSetting }) },
    },
  ],
};
