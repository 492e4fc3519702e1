// A small estate of good and bad resources in two regions, made with the SDK on a test server.
import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from "@aws-sdk/client-cloudtrail";
import { CreateTableCommand, DynamoDBClient, UpdateContinuousBackupsCommand } from "@aws-sdk/client-dynamodb";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateFlowLogsCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  EC2Client,
  EnableEbsEncryptionByDefaultCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateLoginProfileCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccountPasswordPolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateKeyCommand, EnableKeyRotationCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { CreateDBClusterCommand, CreateDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  PutBucketAclCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateSecretCommand, PutResourcePolicyCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";

export const account = "123456789012";
export const main = "us-east-1";
export const other = "eu-west-1";

/** What the server made up itself. */
export interface Seeded {
  readonly keyId: string;
  readonly keyArn: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly openGroupId: string;
  readonly instanceId: string;
  readonly accessKeyId: string;
  readonly balancerArn: string;
  readonly listenerArn: string;
  readonly secretArn: string;
}

export async function seed(endpoint: string): Promise<Seeded> {
  const config = { endpoint, region: main, credentials: { accessKeyId: "testing", secretAccessKey: "testing" } };
  const key = await seedKms(new KMSClient(config));
  await seedS3(new S3Client({ ...config, forcePathStyle: true }), key.keyArn);
  await seedFarBucket(new S3Client({ ...config, region: other, forcePathStyle: true }));
  const network = await seedEc2(new EC2Client(config));
  await seedFarEc2(new EC2Client({ ...config, region: other }));
  const accessKeyId = await seedIam(new IAMClient(config));
  await seedRds(new RDSClient(config), key.keyArn);
  await seedTrail(new CloudTrailClient(config));
  const balancer = await seedBalancer(new ElasticLoadBalancingV2Client(config), network);
  await seedLambda(new LambdaClient(config));
  await seedData(config);
  return {
    ...key,
    ...network,
    accessKeyId,
    ...balancer,
    secretArn: await seedSecret(new SecretsManagerClient(config), key.keyId),
  };
}

async function seedKms(kms: KMSClient) {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Description: "orders", Tags: [{ TagKey: "team", TagValue: "orders" }] }),
  );
  await kms.send(new EnableKeyRotationCommand({ KeyId: KeyMetadata!.KeyId }));
  await kms.send(new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" }));
  return { keyId: KeyMetadata!.KeyId!, keyArn: KeyMetadata!.Arn! };
}

export const ordersPolicy = {
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "tls",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: ["arn:aws:s3:::orders", "arn:aws:s3:::orders/*"],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ],
};

async function seedS3(s3: S3Client, keyArn: string): Promise<void> {
  for (const Bucket of ["orders", "logs", "open"]) await s3.send(new CreateBucketCommand({ Bucket }));
  const Bucket = "orders";
  await s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: keyArn },
            BucketKeyEnabled: true,
          },
        ],
      },
    }),
  );
  const allOn = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: allOn }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  await s3.send(new PutBucketAclCommand({ Bucket: "logs", ACL: "log-delivery-write" as "private" }));
  await s3.send(
    new PutBucketLoggingCommand({
      Bucket,
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: "logs", TargetPrefix: "orders/" } },
    }),
  );
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(ordersPolicy) }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "team", Value: "orders" }] } }));
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: [
          {
            ID: "old",
            Status: "Enabled",
            Filter: { Prefix: "tmp/" },
            Expiration: { Days: 30 },
            Transitions: [{ Days: 7, StorageClass: "GLACIER" }],
          },
        ],
      },
    }),
  );
  await s3.send(
    new PutBucketAclCommand({ Bucket: "open", GrantWrite: 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' }),
  );
}

async function seedFarBucket(s3: S3Client): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: "far", CreateBucketConfiguration: { LocationConstraint: other } }));
}

async function seedEc2(ec2: EC2Client) {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const vpcId = Vpc!.VpcId!;
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "us-east-1a" }),
  );
  const second = await ec2.send(
    new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: "10.0.2.0/24", AvailabilityZone: "us-east-1b" }),
  );
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: "open", Description: "ssh for all", VpcId: vpcId }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [
        {
          IpProtocol: "tcp",
          FromPort: 22,
          ToPort: 22,
          IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "anyone" }, { CidrIp: "10.0.0.0/8" }],
        },
        { IpProtocol: "tcp", FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: "::/0" }] },
      ],
    }),
  );
  await ec2.send(
    new CreateFlowLogsCommand({
      ResourceIds: [vpcId],
      ResourceType: "VPC",
      TrafficType: "ALL",
      LogDestinationType: "s3",
      LogDestination: "arn:aws:s3:::logs",
    }),
  );
  const started = await ec2.send(
    new RunInstancesCommand({
      ImageId: "ami-12c6146b",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnet!.SubnetId,
      SecurityGroupIds: [GroupId!],
      UserData: Buffer.from("#!/bin/sh\necho hello\n").toString("base64"),
      MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8, Encrypted: true } }],
    }),
  );
  const instanceId = started.Instances![0]!.InstanceId!;
  await ec2.send(new CreateTagsCommand({ Resources: [instanceId], Tags: [{ Key: "Name", Value: "matching-engine" }] }));
  await ec2.send(new CreateVolumeCommand({ AvailabilityZone: "us-east-1a", Size: 10, Encrypted: false }));
  return {
    vpcId,
    subnetId: Subnet!.SubnetId!,
    secondSubnetId: second.Subnet!.SubnetId!,
    openGroupId: GroupId!,
    instanceId,
  };
}

async function seedFarEc2(ec2: EC2Client): Promise<void> {
  await ec2.send(new EnableEbsEncryptionByDefaultCommand({}));
  await ec2.send(new CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 20, Encrypted: true }));
}

const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};
export const everything = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } };

async function seedIam(iam: IAMClient): Promise<string> {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: "everything", PolicyDocument: JSON.stringify(everything) }),
  );
  await iam.send(new CreateUserCommand({ UserName: "ada", Tags: [{ Key: "team", Value: "risk" }] }));
  await iam.send(
    new CreateLoginProfileCommand({ UserName: "ada", Password: "Tr1cky-Enough-For-Moto", PasswordResetRequired: true }),
  );
  await iam.send(new AttachUserPolicyCommand({ UserName: "ada", PolicyArn: Policy!.Arn! }));
  await iam.send(
    new PutUserPolicyCommand({ UserName: "ada", PolicyName: "inline", PolicyDocument: JSON.stringify(everything) }),
  );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ada" }));
  await iam.send(new CreateUserCommand({ UserName: "bot" }));
  await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(
    new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "inline", PolicyDocument: JSON.stringify(everything) }),
  );
  await iam.send(
    new UpdateAccountPasswordPolicyCommand({
      MinimumPasswordLength: 14,
      RequireSymbols: true,
      MaxPasswordAge: 90,
      PasswordReusePrevention: 24,
    }),
  );
  return AccessKey!.AccessKeyId!;
}

async function seedRds(rds: RDSClient, keyArn: string): Promise<void> {
  const credentials = { MasterUsername: "root", MasterUserPassword: "not-a-real-one" };
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: "ledger",
      DBInstanceClass: "db.t3.micro",
      Engine: "postgres",
      AllocatedStorage: 20,
      StorageEncrypted: true,
      KmsKeyId: keyArn,
      BackupRetentionPeriod: 7,
      MultiAZ: true,
      DeletionProtection: true,
      PubliclyAccessible: false,
      EnableCloudwatchLogsExports: ["postgresql"],
      Tags: [{ Key: "team", Value: "ledger" }],
      ...credentials,
    }),
  );
  const exposed = {
    DBInstanceIdentifier: "exposed",
    DBInstanceClass: "db.t3.micro",
    Engine: "mysql",
    AllocatedStorage: 5,
    PubliclyAccessible: true,
  };
  await rds.send(new CreateDBInstanceCommand({ ...exposed, ...credentials }));
  await rds.send(
    new CreateDBClusterCommand({
      DBClusterIdentifier: "quotes",
      Engine: "aurora-postgresql",
      StorageEncrypted: true,
      ...credentials,
    }),
  );
}

async function seedTrail(cloudtrail: CloudTrailClient): Promise<void> {
  const trail = {
    Name: "audit",
    S3BucketName: "logs",
    IsMultiRegionTrail: true,
    IncludeGlobalServiceEvents: true,
    EnableLogFileValidation: true,
  };
  await cloudtrail.send(new CreateTrailCommand(trail));
  await cloudtrail.send(new StartLoggingCommand({ Name: "audit" }));
}

async function seedBalancer(
  elb: ElasticLoadBalancingV2Client,
  network: { subnetId: string; secondSubnetId: string; openGroupId: string },
) {
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({
      Name: "front",
      Scheme: "internet-facing",
      Subnets: [network.subnetId, network.secondSubnetId],
      SecurityGroups: [network.openGroupId],
    }),
  );
  const balancerArn = LoadBalancers![0]!.LoadBalancerArn!;
  const Attributes = [{ Key: "routing.http.drop_invalid_header_fields.enabled", Value: "true" }];
  await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: balancerArn, Attributes }));
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: balancerArn,
      Port: 80,
      Protocol: "HTTP",
      DefaultActions: [
        { Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } },
      ],
    }),
  );
  return { balancerArn, listenerArn: Listeners![0]!.ListenerArn! };
}

async function seedLambda(lambda: LambdaClient): Promise<void> {
  // The smallest zip archive there is: an empty one.
  const ZipFile = Buffer.from("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", "base64");
  const FunctionName = "settle";
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs20.x",
      Role: `arn:aws:iam::${account}:role/worker`,
      Handler: "index.handler",
      Code: { ZipFile },
      Environment: { Variables: { STAGE: "production", DB_PASSWORD: "correct-horse" } },
      TracingConfig: { Mode: "Active" },
      Tags: { team: "settlement" },
    }),
  );
  await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: "s3",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      SourceArn: "arn:aws:s3:::orders",
    }),
  );
}

interface Config {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

async function seedData(config: Config): Promise<void> {
  const dynamodb = new DynamoDBClient(config);
  const table = {
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
    BillingMode: "PAY_PER_REQUEST" as const,
  };
  await dynamodb.send(
    new CreateTableCommand({ ...table, TableName: "positions", Tags: [{ Key: "team", Value: "risk" }] }),
  );
  await dynamodb.send(new CreateTableCommand({ ...table, TableName: "scratch" }));
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  await dynamodb.send(new UpdateContinuousBackupsCommand({ TableName: "positions", PointInTimeRecoverySpecification }));
  await new SNSClient(config).send(
    new CreateTopicCommand({ Name: "alerts", Attributes: { KmsMasterKeyId: "alias/aws/sns" } }),
  );
  const sqs = new SQSClient(config);
  await sqs.send(new CreateQueueCommand({ QueueName: "dead" }));
  const redrive = { deadLetterTargetArn: `arn:aws:sqs:${main}:${account}:dead`, maxReceiveCount: 3 };
  await sqs.send(
    new CreateQueueCommand({
      QueueName: "orders",
      Attributes: { KmsMasterKeyId: "alias/aws/sqs", RedrivePolicy: JSON.stringify(redrive) },
      tags: { team: "orders" },
    }),
  );
}

async function seedSecret(secrets: SecretsManagerClient, keyId: string): Promise<string> {
  const { ARN } = await secrets.send(
    new CreateSecretCommand({ Name: "broker", SecretString: "hunter2-and-more", KmsKeyId: keyId }),
  );
  await secrets.send(
    new PutResourcePolicyCommand({
      SecretId: ARN,
      ResourcePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
    }),
  );
  return ARN!;
}
