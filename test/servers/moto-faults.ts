// One resource for each live remediation, as its policy does not want it.
import { CloudTrailClient, CreateTrailCommand } from "@aws-sdk/client-cloudtrail";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  ModifySubnetAttributeCommand,
  RunInstancesCommand,
  type IpPermission,
} from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateRoleCommand,
  IAMClient,
  UpdateAccountPasswordPolicyCommand,
  UploadServerCertificateCommand,
} from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { AddPermissionCommand, CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateDBClusterCommand, CreateDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  PutBucketAclCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";

export const account = "123456789012";
export const region = "us-east-1";

export interface Faulty {
  readonly id: string;
  readonly type: string;
  /** Null for what belongs to the whole account. */
  readonly region: string | null;
}

const placed = (type: string, id: string): Faulty => ({ id, type, region });
const ec2Arn = (kind: string, id: string): string => `arn:aws:ec2:${region}:${account}:${kind}/${id}`;

export class FaultyEstate {
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly s3: S3Client;
  readonly ec2: EC2Client;
  #count = 0;
  #vpc: Promise<string> | undefined;
  #balancer: Promise<string> | undefined;

  constructor(endpoint: string) {
    const credentials = { accessKeyId: "testing", secretAccessKey: "testing" };
    this.config = { endpoint, region, credentials };
    this.s3 = new S3Client({ ...this.config, forcePathStyle: true });
    this.ec2 = new EC2Client(this.config);
  }

  #name(): string {
    return `faulty-${++this.#count}`;
  }

  async bucket(): Promise<{ readonly Bucket: string; readonly faulty: Faulty }> {
    const Bucket = this.#name();
    await this.s3.send(new CreateBucketCommand({ Bucket }));
    return { Bucket, faulty: placed("AWS::S3::Bucket", `arn:aws:s3:::${Bucket}`) };
  }

  async halfBlockedBucket(): Promise<Faulty> {
    const { Bucket, faulty } = await this.bucket();
    const half = {
      BlockPublicAcls: true,
      IgnorePublicAcls: false,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: false,
    };
    await this.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: half }));
    return faulty;
  }

  async aesBucket(): Promise<Faulty> {
    const { Bucket, faulty } = await this.bucket();
    const Rules = [
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const }, BucketKeyEnabled: false },
    ];
    await this.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
    return faulty;
  }

  async suspendedBucket(): Promise<Faulty> {
    const { Bucket, faulty } = await this.bucket();
    await this.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }));
    return faulty;
  }

  async bucketWithPolicy(): Promise<Faulty> {
    const { Bucket, faulty } = await this.bucket();
    // With spaces, and a statement that stands alone: it has to come back as it was.
    const Policy = `{ "Version": "2012-10-17",  "Statement": { "Sid": "read", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account}:root"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${Bucket}/*" } }`;
    await this.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    return faulty;
  }

  async publicBucket(): Promise<Faulty> {
    const { Bucket, faulty } = await this.bucket();
    const everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
    const delivery = 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"';
    const grants = { GrantRead: everyone, GrantWrite: delivery, GrantReadACP: delivery };
    await this.s3.send(new PutBucketAclCommand({ Bucket, ...grants }));
    return faulty;
  }

  vpc(): Promise<string> {
    this.#vpc ??= this.ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" })).then(({ Vpc }) => Vpc?.VpcId ?? "");
    return this.#vpc;
  }

  /** One open rule among several, some of the same ports. */
  async openGroup(open: IpPermission): Promise<Faulty> {
    const VpcId = await this.vpc();
    const named = { GroupName: this.#name(), Description: "open", VpcId };
    const { GroupId = "" } = await this.ec2.send(new CreateSecurityGroupCommand(named));
    const inside = {
      IpProtocol: "tcp",
      FromPort: 22,
      ToPort: 22,
      IpRanges: [{ CidrIp: "10.0.0.0/8", Description: "vpn" }],
    };
    const web = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
    const group = { IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId }] };
    await this.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [inside, web, group, open] }),
    );
    return placed("AWS::EC2::SecurityGroup", ec2Arn("security-group", GroupId));
  }

  async defaultGroup(): Promise<Faulty> {
    const { Vpc } = await this.ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
    const Filters = [
      { Name: "vpc-id", Values: [Vpc?.VpcId ?? ""] },
      { Name: "group-name", Values: ["default"] },
    ];
    const { SecurityGroups } = await this.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const GroupId = SecurityGroups?.[0]?.GroupId ?? "";
    const IpPermissions = [
      { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.0/8", Description: "admins" }] },
    ];
    await this.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    return placed("AWS::EC2::SecurityGroup", ec2Arn("security-group", GroupId));
  }

  async instance(): Promise<Faulty> {
    const { Instances } = await this.ec2.send(
      new RunInstancesCommand({
        ...{
          ImageId: "ami-12c6146b",
          MinCount: 1,
          MaxCount: 1,
          UserData: Buffer.from("password=x").toString("base64"),
        },
        MetadataOptions: { HttpTokens: "optional", HttpPutResponseHopLimit: 2 },
      }),
    );
    return placed("AWS::EC2::Instance", ec2Arn("instance", Instances?.[0]?.InstanceId ?? ""));
  }

  async publicSubnet(): Promise<Faulty> {
    const VpcId = await this.vpc();
    const { Subnet } = await this.ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.100.0/24", AvailabilityZone: "us-east-1a" }),
    );
    const SubnetId = Subnet?.SubnetId ?? "";
    await this.ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
    return placed("AWS::EC2::Subnet", ec2Arn("subnet", SubnetId));
  }

  ebsDefault(): Promise<Faulty> {
    const id = `arn:aws:ec2:${region}:${account}:ebs-encryption-by-default`;
    return Promise.resolve(placed("AWS::EC2::EbsEncryptionByDefault", id));
  }

  async database(): Promise<Faulty> {
    const { DBInstance } = await new RDSClient(this.config).send(
      new CreateDBInstanceCommand({
        ...{ DBInstanceIdentifier: this.#name(), DBInstanceClass: "db.t3.micro", Engine: "postgres" },
        ...{ AllocatedStorage: 20, MasterUsername: "root", MasterUserPassword: "hunter2hunter2" },
        ...{ BackupRetentionPeriod: 1, PubliclyAccessible: true, MultiAZ: false, DeletionProtection: false },
        ...{ AutoMinorVersionUpgrade: false, EnableIAMDatabaseAuthentication: false },
      }),
    );
    return placed("AWS::RDS::DBInstance", DBInstance?.DBInstanceArn ?? "");
  }

  async cluster(): Promise<Faulty> {
    const { DBCluster } = await new RDSClient(this.config).send(
      new CreateDBClusterCommand({
        ...{ DBClusterIdentifier: this.#name(), Engine: "aurora-postgresql", DeletionProtection: false },
        ...{ MasterUsername: "root", MasterUserPassword: "hunter2hunter2", BackupRetentionPeriod: 1 },
      }),
    );
    return placed("AWS::RDS::DBCluster", DBCluster?.DBClusterArn ?? "");
  }

  async table(): Promise<Faulty> {
    const { TableDescription } = await new DynamoDBClient(this.config).send(
      new CreateTableCommand({
        TableName: this.#name(),
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    return placed("AWS::DynamoDB::Table", TableDescription?.TableArn ?? "");
  }

  async key(): Promise<Faulty> {
    const { KeyMetadata } = await new KMSClient(this.config).send(new CreateKeyCommand({}));
    return placed("AWS::KMS::Key", KeyMetadata?.Arn ?? "");
  }

  async trail(): Promise<Faulty> {
    const { Bucket } = await this.bucket();
    const { TrailARN = "" } = await new CloudTrailClient(this.config).send(
      new CreateTrailCommand({
        ...{ Name: this.#name(), S3BucketName: Bucket, S3KeyPrefix: "trail", IncludeGlobalServiceEvents: true },
        ...{ IsMultiRegionTrail: false, EnableLogFileValidation: false },
      }),
    );
    return placed("AWS::CloudTrail::Trail", TrailARN);
  }

  async passwords(policy: boolean): Promise<Faulty> {
    const weak = { MinimumPasswordLength: 8, RequireNumbers: true, MaxPasswordAge: 90, PasswordReusePrevention: 2 };
    if (policy) await new IAMClient(this.config).send(new UpdateAccountPasswordPolicyCommand(weak));
    const id = `arn:aws:iam::${account}:account-password-policy`;
    return { id, type: "AWS::IAM::AccountPasswordPolicy", region: null };
  }

  async publicLambda(): Promise<Faulty> {
    const iam = new IAMClient(this.config);
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName: this.#name(), AssumeRolePolicyDocument: JSON.stringify(trust) }),
    );
    const lambda = new LambdaClient(this.config);
    const FunctionName = this.#name();
    const { FunctionArn = "" } = await lambda.send(
      new CreateFunctionCommand({
        ...{ FunctionName, Runtime: "python3.12", Role: Role?.Arn, Handler: "x.y" },
        Code: { ZipFile: Buffer.from("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", "base64") },
        Environment: { Variables: { DB_PASSWORD: "hunter2hunter2" } },
      }),
    );
    const Action = "lambda:InvokeFunction";
    const topic = {
      StatementId: "topic",
      Principal: "sns.amazonaws.com",
      SourceArn: `arn:aws:sns:${region}:${account}:t`,
    };
    await lambda.send(new AddPermissionCommand({ FunctionName, Action, ...topic }));
    await lambda.send(new AddPermissionCommand({ FunctionName, Action, StatementId: "all", Principal: "*" }));
    return placed("AWS::Lambda::Function", FunctionArn);
  }

  async topic(): Promise<Faulty> {
    const { TopicArn = "" } = await new SNSClient(this.config).send(new CreateTopicCommand({ Name: this.#name() }));
    return placed("AWS::SNS::Topic", TopicArn);
  }

  async queue(): Promise<Faulty> {
    const QueueName = this.#name();
    await new SQSClient(this.config).send(
      new CreateQueueCommand({ QueueName, Attributes: { SqsManagedSseEnabled: "false" } }),
    );
    return placed("AWS::SQS::Queue", `arn:aws:sqs:${region}:${account}:${QueueName}`);
  }

  async balancerArn(): Promise<string> {
    const VpcId = await this.vpc();
    const subnets = await Promise.all(
      ["a", "b"].map((zone, at) =>
        this.ec2.send(
          new CreateSubnetCommand({ VpcId, CidrBlock: `10.0.${at + 1}.0/24`, AvailabilityZone: `${region}${zone}` }),
        ),
      ),
    );
    const balancing = new ElasticLoadBalancingV2Client(this.config);
    const { LoadBalancers } = await balancing.send(
      new CreateLoadBalancerCommand({ Name: "faulty", Subnets: subnets.map(({ Subnet }) => Subnet?.SubnetId ?? "") }),
    );
    const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    // AWS lists every attribute, the server only those that were set.
    const Attributes = [{ Key: "routing.http.drop_invalid_header_fields.enabled", Value: "false" }];
    await balancing.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
    return LoadBalancerArn;
  }

  async balancer(): Promise<Faulty> {
    this.#balancer ??= this.balancerArn();
    return placed("AWS::ElasticLoadBalancingV2::LoadBalancer", await this.#balancer);
  }

  async listener(): Promise<Faulty> {
    const { id: LoadBalancerArn } = await this.balancer();
    const { ServerCertificateMetadata } = await new IAMClient(this.config).send(
      new UploadServerCertificateCommand({ ServerCertificateName: "c", CertificateBody: "body", PrivateKey: "key" }),
    );
    const { Listeners } = await new ElasticLoadBalancingV2Client(this.config).send(
      new CreateListenerCommand({
        ...{ LoadBalancerArn, Port: 443, Protocol: "HTTPS", SslPolicy: "ELBSecurityPolicy-2016-08" },
        Certificates: [{ CertificateArn: ServerCertificateMetadata?.Arn }],
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } }],
      }),
    );
    return placed("AWS::ElasticLoadBalancingV2::Listener", Listeners?.[0]?.ListenerArn ?? "");
  }
}
