import type { Json, JsonObject } from "../../src/json.js";

/** A resource of the sample estate, before it is given its id, tags and source. */
export interface Piece {
  readonly type: string;
  /** `order-management/database`: unique in its region; faults are written against it. */
  readonly key: string;
  readonly name: string;
  readonly region: string | null;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly config: JsonObject;
}

export const account = "210987654321";
export const regions = ["us-east-1", "us-west-2", "eu-west-1"] as const;
type Region = (typeof regions)[number];

interface Service {
  readonly name: string;
  readonly tier: "critical" | "standard";
  readonly dataClass: string;
  readonly port: number;
  readonly regions: readonly Region[];
}

const services: readonly Service[] = [
  { name: "order-management", tier: "critical", dataClass: "trade-records", port: 8443, regions },
  { name: "market-data", tier: "critical", dataClass: "public", port: 9443, regions },
  { name: "risk", tier: "critical", dataClass: "internal", port: 8444, regions },
  { name: "settlement", tier: "standard", dataClass: "trade-records", port: 8445, regions },
  { name: "client-portal", tier: "standard", dataClass: "personal", port: 443, regions: ["eu-west-1", "us-east-1"] },
  { name: "card-payment", tier: "critical", dataClass: "cardholder", port: 8446, regions: ["us-east-1", "eu-west-1"] },
];

/** The trading platform as it should be; `faults.ts` says what is wrong with it. */
export function* soundEstate(): Generator<Piece> {
  yield* accountWide();
  for (const region of regions) {
    yield* network(region);
    for (const service of services.filter((one) => one.regions.includes(region))) yield* serviceIn(service, region);
  }
}

function piece(
  type: string,
  key: string,
  region: Region | null,
  arnTail: string,
  config: JsonObject,
  tags = {},
): Piece {
  const service = arnTail.split(":")[0] ?? "";
  const arn =
    service === "s3"
      ? `arn:aws:${arnTail}`
      : `arn:aws:${service}:${region ?? ""}:${account}:${arnTail.slice(service.length + 1)}`;
  return { type, key, name: key.replace("/", "-"), region, arn, tags, config };
}

const policyDocument = (...statements: JsonObject[]): JsonObject => ({ Version: "2012-10-17", Statement: statements });

function* accountWide(): Generator<Piece> {
  yield piece("AWS::IAM::AccountPasswordPolicy", "account/password-policy", null, "iam:account-password-policy", {
    MinimumPasswordLength: 14,
    RequireSymbols: true,
    RequireNumbers: true,
    RequireUppercaseCharacters: true,
    RequireLowercaseCharacters: true,
    PasswordReusePrevention: 24,
    MaxPasswordAge: 90,
  });
  yield piece("AWS::IAM::AccountSummary", "account/summary", null, "iam:account-summary", {
    AccountMFAEnabled: 1,
    AccountAccessKeysPresent: 0,
  });
  for (const user of ["amara.okafor", "li.wei", "sofia.rossi", "break-glass"]) yield userNamed(user);
  for (const role of ["deployer", "auditor", "market-data-reader", "settlement-batch"]) yield roleNamed(role);
  yield piece("AWS::IAM::ManagedPolicy", "iam/deploy-policy", null, "iam:policy/deploy", {
    ManagedPolicyName: "deploy",
    PolicyDocument: policyDocument({
      Effect: "Allow",
      Action: ["ecs:UpdateService"],
      Resource: `arn:aws:ecs:*:${account}:service/*`,
    }),
  });
  yield piece("AWS::CloudTrail::Trail", "audit/trail", "us-east-1", "cloudtrail:trail/platform", {
    TrailName: "platform",
    IsMultiRegionTrail: true,
    IsLogging: true,
    IncludeGlobalServiceEvents: true,
    EnableLogFileValidation: true,
    KMSKeyId: `arn:aws:kms:us-east-1:${account}:alias/audit`,
    CloudWatchLogsLogGroupArn: `arn:aws:logs:us-east-1:${account}:log-group:trail:*`,
    S3BucketName: "quantivista-audit-us-east-1",
  });
}

function userNamed(user: string): Piece {
  return piece("AWS::IAM::User", `iam/user-${user}`, null, `iam:user/${user}`, {
    UserName: user,
    Groups: ["engineers"],
    LoginProfile: { CreateDate: "2025-02-11T09:00:00Z" },
    MFADevices: [{ SerialNumber: `arn:aws:iam::${account}:mfa/${user}`, EnableDate: "2025-02-11T09:05:00Z" }],
    AccessKeys: [],
  });
}

function roleNamed(role: string): Piece {
  return piece("AWS::IAM::Role", `iam/role-${role}`, null, `iam:role/${role}`, {
    RoleName: role,
    AssumeRolePolicyDocument: policyDocument({
      Effect: "Allow",
      Principal: { Service: "ecs-tasks.amazonaws.com" },
      Action: "sts:AssumeRole",
    }),
    ManagedPolicyArns: [],
  });
}

function* network(region: Region): Generator<Piece> {
  yield piece("AWS::EC2::EbsEncryptionByDefault", "account/ebs-encryption", region, "ec2:ebs-encryption-by-default", {
    EbsEncryptionByDefault: true,
  });
  yield piece("AWS::EC2::VPC", "network/vpc", region, `ec2:vpc/vpc-${region}`, {
    CidrBlock: "10.20.0.0/16",
    EnableDnsSupport: true,
    FlowLogs: [{ TrafficType: "ALL", LogDestinationType: "cloud-watch-logs" }],
  });
  for (const zone of ["a", "b", "c"]) {
    yield piece("AWS::EC2::Subnet", `network/subnet-${zone}`, region, `ec2:subnet/subnet-${region}${zone}`, {
      AvailabilityZone: `${region}${zone}`,
      MapPublicIpOnLaunch: false,
    });
  }
  yield piece("AWS::EC2::SecurityGroup", "network/default-group", region, `ec2:security-group/sg-default-${region}`, {
    GroupName: "default",
    GroupDescription: "default VPC security group",
    SecurityGroupIngress: [],
    SecurityGroupEgress: [],
  });
  yield bucket("audit", "audit", region, {
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention: { Mode: "COMPLIANCE", Years: 7 } },
    },
  });
}

function bucket(name: string, dataClass: string, region: Region, more: JsonObject = {}): Piece {
  const bucketName = `quantivista-${name}-${region}`;
  const denyPlainHttp = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [`arn:aws:s3:::${bucketName}`, `arn:aws:s3:::${bucketName}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const config = {
    BucketName: bucketName,
    AccessControl: "Private",
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/data" },
          BucketKeyEnabled: true,
        },
      ],
    },
    VersioningConfiguration: { Status: "Enabled" },
    LoggingConfiguration: { DestinationBucketName: `quantivista-audit-${region}`, LogFilePrefix: `s3/${name}/` },
    LifecycleConfiguration: {
      Rules: [{ Id: "expire-old-versions", Status: "Enabled", NoncurrentVersionExpiration: { NoncurrentDays: 90 } }],
    },
    BucketPolicy: { PolicyDocument: policyDocument(denyPlainHttp) },
    ...more,
  };
  return piece("AWS::S3::Bucket", `${name}/bucket`, region, `s3:::${bucketName}`, config, {
    Owner: `team-${name}`,
    DataClass: dataClass,
  });
}

function* serviceIn(service: Service, region: Region): Generator<Piece> {
  const { name, port, dataClass, tier } = service;
  const tags = { Owner: `team-${name}`, DataClass: dataClass, Tier: tier, Environment: "production" };
  const add = (type: string, key: string, arnTail: string, config: JsonObject): Piece =>
    piece(type, `${name}/${key}`, region, arnTail, config, tags);
  const key = `arn:aws:kms:${region}:${account}:key/${name}`;
  yield add("AWS::KMS::Key", "key", `kms:key/${name}`, {
    EnableKeyRotation: true,
    Enabled: true,
    KeySpec: "SYMMETRIC_DEFAULT",
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyPolicy: policyDocument({
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: "kms:*",
      Resource: "*",
    }),
  });
  yield bucket(name, dataClass, region, dataClass === "trade-records" ? objectLock : {});
  yield* compute(add, service, region);
  yield* data(add, service, key);
  yield* messaging(add, name, key, region);
  yield* edge(add, name, port);
}

const objectLock: JsonObject = {
  ObjectLockEnabled: true,
  ObjectLockConfiguration: {
    ObjectLockEnabled: "Enabled",
    Rule: { DefaultRetention: { Mode: "COMPLIANCE", Years: 7 } },
  },
};

type Add = (type: string, key: string, arnTail: string, config: JsonObject) => Piece;

function* compute(add: Add, { name, port }: Service, region: Region): Generator<Piece> {
  const ingress: Json = [
    { IpProtocol: "tcp", FromPort: port, ToPort: port, CidrIp: "10.20.0.0/16", Description: "platform" },
  ];
  yield add("AWS::EC2::SecurityGroup", "security-group", `ec2:security-group/sg-${name}-${region}`, {
    GroupName: name,
    GroupDescription: `${name} service`,
    SecurityGroupIngress: ingress,
    SecurityGroupEgress: [],
  });
  for (const number of [1, 2]) {
    yield add("AWS::EC2::Instance", `instance-${number}`, `ec2:instance/i-${name}-${number}-${region}`, {
      InstanceType: "c7i.2xlarge",
      Monitoring: true,
      EbsOptimized: true,
      MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 },
      NetworkInterfaces: [{ DeviceIndex: "0", AssociatePublicIpAddress: false }],
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { Encrypted: true } }],
    });
    yield add("AWS::EC2::Volume", `volume-${number}`, `ec2:volume/vol-${name}-${number}-${region}`, {
      Encrypted: true,
      Size: 200,
      VolumeType: "gp3",
    });
  }
  yield add("AWS::Lambda::Function", "function", `lambda:function:${name}-events`, {
    FunctionName: `${name}-events`,
    Runtime: "nodejs22.x",
    TracingConfig: { Mode: "Active" },
    Environment: { Variables: { LOG_LEVEL: "info" } },
  });
}

function* data(add: Add, { name }: Service, key: string): Generator<Piece> {
  yield add("AWS::RDS::DBInstance", "database", `rds:db:${name}`, {
    DBInstanceIdentifier: name,
    Engine: "postgres",
    StorageEncrypted: true,
    KmsKeyId: key,
    PubliclyAccessible: false,
    BackupRetentionPeriod: 35,
    MultiAZ: true,
    DeletionProtection: true,
    AutoMinorVersionUpgrade: true,
    CopyTagsToSnapshot: true,
    EnableIAMDatabaseAuthentication: true,
    EnableCloudwatchLogsExports: ["postgresql", "upgrade"],
  });
  yield add("AWS::DynamoDB::Table", "table", `dynamodb:table/${name}`, {
    TableName: name,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: key },
    DeletionProtectionEnabled: true,
  });
  yield add("AWS::SecretsManager::Secret", "secret", `secretsmanager:secret:${name}-db`, {
    Name: `${name}-db`,
    KmsKeyId: key,
    RotationSchedule: { RotationRules: { AutomaticallyAfterDays: 30 }, RotationLambdaARN: `${name}-rotate` },
  });
}

function* messaging(add: Add, name: string, key: string, region: Region): Generator<Piece> {
  const deadLetters = { deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:${name}-dead`, maxReceiveCount: 5 };
  yield add("AWS::SQS::Queue", "queue", `sqs:${name}`, {
    QueueName: name,
    KmsMasterKeyId: key,
    RedrivePolicy: deadLetters,
  });
  yield add("AWS::SNS::Topic", "topic", `sns:${name}`, { TopicName: name, KmsMasterKeyId: key });
  yield add("AWS::Logs::LogGroup", "logs", `logs:log-group:/service/${name}`, {
    LogGroupName: `/service/${name}`,
    RetentionInDays: 400,
    KmsKeyId: key,
  });
}

function* edge(add: Add, name: string, port: number): Generator<Piece> {
  const listener: JsonObject = {
    Port: port,
    Protocol: "HTTPS",
    SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    Certificates: [{ CertificateArn: `${name}-certificate` }],
    DefaultActions: [{ Type: "forward", TargetGroupArn: `${name}-targets` }],
  };
  yield add(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "balancer",
    `elasticloadbalancing:loadbalancer/app/${name}/1`,
    {
      Name: name,
      Type: "application",
      Scheme: "internal",
      LoadBalancerAttributes: [
        { Key: "access_logs.s3.enabled", Value: "true" },
        { Key: "deletion_protection.enabled", Value: "true" },
        { Key: "routing.http.drop_invalid_header_fields.enabled", Value: "true" },
      ],
      Listeners: [listener],
    },
  );
  yield add("AWS::ElasticLoadBalancingV2::Listener", "listener", `elasticloadbalancing:listener/app/${name}/1/1`, {
    ...listener,
    LoadBalancerArn: `${name}-balancer`,
  });
}
