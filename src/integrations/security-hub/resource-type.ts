// CloudFormation's names of types, as Security Hub spells them. What it has no word for is Other.

/** Where the spelling is not CloudFormation's without its colons. */
const renamed: Readonly<Record<string, string>> = {
  "AWS::DynamoDB::Table": "AwsDynamoDbTable",
  "AWS::ElasticLoadBalancing::LoadBalancer": "AwsElbLoadBalancer",
  "AWS::ElasticLoadBalancingV2::LoadBalancer": "AwsElbv2LoadBalancer",
  "AWS::IAM::ManagedPolicy": "AwsIamPolicy",
  "AWS::OpenSearchService::Domain": "AwsOpenSearchServiceDomain",
  "AWS::RDS::DBCluster": "AwsRdsDbCluster",
  "AWS::RDS::DBInstance": "AwsRdsDbInstance",
  "AWS::EC2::VPC": "AwsEc2Vpc",
};

/** Services and kinds whose name in ASFF follows from CloudFormation's. */
const regular: ReadonlySet<string> = new Set([
  "AwsAutoScalingAutoScalingGroup",
  "AwsAutoScalingLaunchConfiguration",
  "AwsBackupBackupVault",
  "AwsCloudFrontDistribution",
  "AwsCloudTrailTrail",
  "AwsEc2Eip",
  "AwsEc2Instance",
  "AwsEc2LaunchTemplate",
  "AwsEc2NetworkAcl",
  "AwsEc2NetworkInterface",
  "AwsEc2RouteTable",
  "AwsEc2SecurityGroup",
  "AwsEc2Subnet",
  "AwsEc2TransitGateway",
  "AwsEc2Volume",
  "AwsEcrRepository",
  "AwsEcsCluster",
  "AwsEcsService",
  "AwsEcsTaskDefinition",
  "AwsEfsAccessPoint",
  "AwsEksCluster",
  "AwsIamGroup",
  "AwsIamRole",
  "AwsIamUser",
  "AwsKinesisStream",
  "AwsKmsKey",
  "AwsLambdaFunction",
  "AwsLambdaLayerVersion",
  "AwsMskCluster",
  "AwsRedshiftCluster",
  "AwsS3AccessPoint",
  "AwsS3Bucket",
  "AwsSecretsManagerSecret",
  "AwsSnsTopic",
  "AwsSqsQueue",
]);

export function resourceTypeOf(type: string): string {
  if (Object.hasOwn(renamed, type)) return renamed[type] ?? "Other";
  const [vendor, service, kind, ...rest] = type.split("::");
  if (vendor !== "AWS" || service === undefined || kind === undefined || rest.length > 0) return "Other";
  const name = `Aws${cased(service)}${cased(kind)}`;
  return regular.has(name) ? name : "Other";
}

/** `EC2` is `Ec2`, `SNS` is `Sns`; `SecretsManager` stays. */
function cased(name: string): string {
  return /^[A-Z0-9]+$/.test(name) ? `${name.slice(0, 1)}${name.slice(1).toLowerCase()}` : name;
}
