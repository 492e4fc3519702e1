// What a scan asks for a function.
export const functionReads: readonly string[] = [
  "lambda:GetFunctionCodeSigningConfig",
  "lambda:GetFunctionConcurrency",
  "lambda:GetFunctionConfiguration",
  "lambda:GetPolicy",
  "lambda:ListFunctionUrlConfigs",
  "lambda:ListTags",
];
