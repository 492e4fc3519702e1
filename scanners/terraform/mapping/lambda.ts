import { any, block, bool, number, object, only, text, type ServiceMapping } from "./shape.js";

export const lambda: ServiceMapping = {
  types: [
    {
      terraform: ["aws_lambda_function"],
      type: "AWS::Lambda::Function",
      name: "function_name",
      properties: {
        FunctionName: text("function_name"),
        Description: text("description"),
        Runtime: text("runtime"),
        Handler: text("handler"),
        Role: text("role"),
        PackageType: text("package_type"),
        Architectures: any("architectures"),
        Layers: any("layers"),
        MemorySize: number("memory_size"),
        Timeout: number("timeout"),
        Environment: block("environment", { Variables: any("variables") }),
        TracingConfig: block("tracing_config", { Mode: text("mode") }),
        VpcConfig: block("vpc_config", { SubnetIds: any("subnet_ids"), SecurityGroupIds: any("security_group_ids") }),
        DeadLetterConfig: block("dead_letter_config", { TargetArn: text("target_arn") }),
        KmsKeyArn: text("kms_key_arn"),
        // -1 is Terraform's word for no reservation, which is an absent property in CloudFormation.
        ReservedConcurrentExecutions: { ...number("reserved_concurrent_executions"), absent: -1 },
        CodeSigningConfigArn: text("code_signing_config_arn"),
        LoggingConfig: block("logging_config", { LogFormat: text("log_format"), LogGroup: text("log_group") }),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_lambda_permission"],
      owner: "AWS::Lambda::Function",
      links: ["function_name"],
      merge: "append",
      properties: {
        Permissions: only(
          object({
            Principal: text("principal"),
            Action: text("action"),
            SourceArn: text("source_arn"),
            SourceAccount: text("source_account"),
            PrincipalOrgID: text("principal_org_id"),
            FunctionUrlAuthType: text("function_url_auth_type"),
            EventSourceToken: text("event_source_token"),
          }),
        ),
      },
    },
    {
      terraform: ["aws_lambda_function_url"],
      owner: "AWS::Lambda::Function",
      links: ["function_name"],
      merge: "set",
      properties: {
        Url: object({
          AuthType: text("authorization_type"),
          InvokeMode: text("invoke_mode"),
          Qualifier: text("qualifier"),
          Cors: block("cors", {
            AllowCredentials: bool("allow_credentials"),
            AllowHeaders: any("allow_headers"),
            AllowMethods: any("allow_methods"),
            AllowOrigins: any("allow_origins"),
          }),
        }),
      },
    },
  ],
};
