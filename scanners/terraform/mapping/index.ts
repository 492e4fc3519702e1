/** All services that are mapped. A new service is one file and one line here. */
import { apigateway } from "./apigateway.js";
import { autoscaling } from "./autoscaling.js";
import { backup } from "./backup.js";
import { cloudfront } from "./cloudfront.js";
import { cloudtrail } from "./cloudtrail.js";
import { cloudwatch } from "./cloudwatch.js";
import { config } from "./config.js";
import { dynamodb } from "./dynamodb.js";
import { ec2 } from "./ec2.js";
import { ecr } from "./ecr.js";
import { efs } from "./efs.js";
import { eks } from "./eks.js";
import { elasticache } from "./elasticache.js";
import { elbv2 } from "./elbv2.js";
import { iam } from "./iam.js";
import { kinesis } from "./kinesis.js";
import { kms } from "./kms.js";
import { lambda } from "./lambda.js";
import { logs } from "./logs.js";
import { msk } from "./msk.js";
import { opensearch } from "./opensearch.js";
import { rds } from "./rds.js";
import { redshift } from "./redshift.js";
import { s3 } from "./s3.js";
import { secretsmanager } from "./secretsmanager.js";
import { securityGroup } from "./security-group.js";
import type { Satellite, ServiceMapping, TypeMapping } from "./shape.js";
import { sns } from "./sns.js";
import { sqs } from "./sqs.js";

export const services: readonly ServiceMapping[] = [
  apigateway,
  autoscaling,
  backup,
  cloudfront,
  cloudtrail,
  cloudwatch,
  config,
  dynamodb,
  ec2,
  ecr,
  efs,
  eks,
  elasticache,
  elbv2,
  iam,
  kinesis,
  kms,
  lambda,
  logs,
  msk,
  opensearch,
  rds,
  redshift,
  s3,
  secretsmanager,
  securityGroup,
  sns,
  sqs,
];

/** By Terraform type. */
export const mappings: ReadonlyMap<string, TypeMapping> = new Map(
  services
    .flatMap(({ types }) => types)
    .flatMap((mapping) => mapping.terraform.map((type) => [type, mapping] as const)),
);

/** By Terraform type; one type may say something to several kinds of owner. */
export const satellites: ReadonlyMap<string, readonly Satellite[]> = grouped();

function grouped(): Map<string, Satellite[]> {
  const byType = new Map<string, Satellite[]>();
  for (const satellite of services.flatMap((service) => service.satellites)) {
    for (const type of satellite.terraform) byType.set(type, [...(byType.get(type) ?? []), satellite]);
  }
  return byType;
}
