import type { AwsService } from "../service.js";
import { cloudtrail } from "./cloudtrail.js";
import { dynamodb } from "./dynamodb.js";
import { ec2 } from "./ec2.js";
import { elbv2 } from "./elbv2.js";
import { iam } from "./iam.js";
import { kms } from "./kms.js";
import { lambda } from "./lambda.js";
import { rds } from "./rds.js";
import { s3 } from "./s3.js";
import { secretsmanager } from "./secretsmanager.js";
import { sns } from "./sns.js";
import { sqs } from "./sqs.js";

/** Every service that is read. A new one is a file beside these, and a line here. */
export const awsServices: readonly AwsService[] = [
  cloudtrail,
  dynamodb,
  ec2,
  elbv2,
  iam,
  kms,
  lambda,
  rds,
  s3,
  secretsmanager,
  sns,
  sqs,
];
