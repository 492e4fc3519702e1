// What a property is where nobody wrote it, and what nobody can write. A value that is listed here is the same as none.
// From the resource types' pages in the AWS CloudFormation user guide ("Default:") and the API references of the services; where
// AWS changed a default (S3's encryption since January 2023, object ownership since April 2023) it is the one of today.
import type { Json } from "../../json.js";

/** By type, then by place: `A/B`, with `*` for each element of a list. A default may have several forms. */
export const providerDefaults: { readonly [type: string]: { readonly [place: string]: readonly Json[] } } = {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
  "AWS::S3::Bucket": {
    AccessControl: ["Private"],
    "BucketEncryption/ServerSideEncryptionConfiguration/*/BucketKeyEnabled": [false],
    BucketEncryption: [
      { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] },
    ],
    "VersioningConfiguration/Status": ["Suspended"],
    ObjectLockEnabled: [false],
    "AccelerateConfiguration/AccelerationStatus": ["Suspended"],
    "LifecycleConfiguration/Rules/*/ExpiredObjectDeleteMarker": [false],
    "LifecycleConfiguration/Rules/*/ExpirationInDays": [0],
    "ReplicationConfiguration/Rules/*/Priority": [0],
  },
  "AWS::SQS::Queue": {
    DelaySeconds: [0],
    FifoQueue: [false],
    ContentBasedDeduplication: [false],
    MessageRetentionPeriod: [345_600],
    ReceiveMessageWaitTimeSeconds: [0],
    VisibilityTimeout: [30],
    KmsDataKeyReusePeriodSeconds: [300],
  },
  "AWS::SNS::Topic": {
    FifoTopic: [false],
    ContentBasedDeduplication: [false],
    SignatureVersion: [1, 0],
    TracingConfig: ["PassThrough"],
  },
  "AWS::DynamoDB::Table": {
    BillingMode: ["PROVISIONED"],
    DeletionProtectionEnabled: [false],
    TableClass: ["STANDARD"],
    "SSESpecification/SSEEnabled": [false],
    "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": [false],
    "PointInTimeRecoverySpecification/RecoveryPeriodInDays": [0, 35],
    "TimeToLiveSpecification/Enabled": [false],
    "StreamSpecification/StreamEnabled": [false],
    "ProvisionedThroughput/ReadCapacityUnits": [0],
    "ProvisionedThroughput/WriteCapacityUnits": [0],
  },
  "AWS::KMS::Key": {
    Enabled: [true],
    EnableKeyRotation: [false],
    KeySpec: ["SYMMETRIC_DEFAULT"],
    KeyUsage: ["ENCRYPT_DECRYPT"],
    MultiRegion: [false],
    Origin: ["AWS_KMS"],
    RotationPeriodInDays: [365],
    PendingWindowInDays: [30],
  },
  "AWS::IAM::Role": { Path: ["/"], MaxSessionDuration: [3_600] },
  "AWS::IAM::User": { Path: ["/"] },
  "AWS::IAM::ManagedPolicy": { Path: ["/"] },
  "AWS::EC2::SecurityGroup": {
    "SecurityGroupIngress/*/Description": [""],
    "SecurityGroupEgress/*/Description": [""],
  },
  "AWS::EC2::VPC": { EnableDnsSupport: [true], EnableDnsHostnames: [false], InstanceTenancy: ["default"] },
  "AWS::EC2::Subnet": {
    MapPublicIpOnLaunch: [false],
    AssignIpv6AddressOnCreation: [false],
    Ipv6Native: [false],
  },
  "AWS::EC2::Volume": { Encrypted: [false], Iops: [0], VolumeType: ["gp2"], MultiAttachEnabled: [false] },
  "AWS::EC2::Instance": {
    Monitoring: [false],
    EbsOptimized: [false],
    DisableApiTermination: [false],
    SourceDestCheck: [true],
    Tenancy: ["default"],
    "MetadataOptions/HttpEndpoint": ["enabled"],
    "MetadataOptions/HttpProtocolIpv6": ["disabled"],
    "MetadataOptions/InstanceMetadataTags": ["disabled"],
    "NetworkInterfaces/*/AssociatePublicIpAddress": [false],
    "BlockDeviceMappings/*/Ebs/Encrypted": [false],
    "BlockDeviceMappings/*/Ebs/Iops": [0],
  },
  "AWS::ElasticLoadBalancingV2::LoadBalancer": {
    IpAddressType: ["ipv4"],
    Type: ["application"],
    "LoadBalancerAttributes/access_logs.s3.enabled": [false],
    "LoadBalancerAttributes/deletion_protection.enabled": [false],
    "LoadBalancerAttributes/load_balancing.cross_zone.enabled": [false],
    "LoadBalancerAttributes/idle_timeout.timeout_seconds": [60],
    "LoadBalancerAttributes/routing.http.drop_invalid_header_fields.enabled": [false],
    "LoadBalancerAttributes/routing.http.desync_mitigation_mode": ["defensive"],
    "LoadBalancerAttributes/routing.http2.enabled": [true],
    "Listeners/*/SslPolicy": ["ELBSecurityPolicy-2016-08"],
  },
  "AWS::ElasticLoadBalancingV2::Listener": { SslPolicy: ["ELBSecurityPolicy-2016-08"] },
  "AWS::Lambda::Function": {
    MemorySize: [128],
    Timeout: [3],
    PackageType: ["Zip"],
    Architectures: [["x86_64"]],
    "TracingConfig/Mode": ["PassThrough"],
    "EphemeralStorage/Size": [512],
    ReservedConcurrentExecutions: [-1],
  },
  "AWS::RDS::DBInstance": {
    AutoMinorVersionUpgrade: [true],
    CopyTagsToSnapshot: [false],
    DeletionProtection: [false],
    EnableIAMDatabaseAuthentication: [false],
    ManageMasterUserPassword: [false],
    EnablePerformanceInsights: [false],
    MonitoringInterval: [0],
    MultiAZ: [false],
    PubliclyAccessible: [false],
    StorageEncrypted: [false],
    Iops: [0],
  },
  "AWS::RDS::DBCluster": {
    CopyTagsToSnapshot: [false],
    DeletionProtection: [false],
    EnableIAMDatabaseAuthentication: [false],
    ManageMasterUserPassword: [false],
    StorageEncrypted: [false],
  },
  "AWS::CloudTrail::Trail": {
    IncludeGlobalServiceEvents: [true],
    IsMultiRegionTrail: [false],
    IsOrganizationTrail: [false],
    EnableLogFileValidation: [false],
    IsLogging: [true],
  },
  "AWS::SecretsManager::Secret": { KmsKeyId: ["alias/aws/secretsmanager"] },
};

/**
 * What the provider sets today on what it makes, and did not always, or need not be there any more: no drift where nobody wanted
 * anything of the property, but wanted it is not the same as none.
 */
export const setByProvider: { readonly [type: string]: { readonly [property: string]: readonly Json[] } } = {
  "AWS::S3::Bucket": {
    // Both since April 2023; removed, they are worse than they were.
    OwnershipControls: [{ Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] }],
    PublicAccessBlockConfiguration: [
      { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    ],
  },
  // 256 KiB until August 2025, 1 MiB since.
  "AWS::SQS::Queue": { MaximumMessageSize: [262_144, 1_048_576] },
};

/** What the provider makes or counts itself: never drift, by type. Places as above. */
export const computedValues: { readonly [type: string]: readonly string[] } = {
  "AWS::IAM::User": [
    "LastUsed",
    "PasswordLastUsed",
    "AccessKeys/*/LastUsed",
    "AccessKeys/*/LastUsedDate",
    "CreateDate",
  ],
  "AWS::IAM::Role": ["RoleLastUsed", "LastUsed", "CreateDate"],
  "AWS::IAM::ManagedPolicy": ["AttachmentCount", "DefaultVersionId", "CreateDate", "UpdateDate"],
  "AWS::IAM::AccountSummary": ["*"],
  "AWS::DynamoDB::Table": ["ItemCount", "TableSizeBytes", "TableStatus"],
  "AWS::Lambda::Function": ["Code", "CodeSha256", "LastModified", "RevisionId", "State"],
  "AWS::RDS::DBInstance": ["DBInstanceStatus", "LatestRestorableTime"],
  "AWS::EC2::SecurityGroup": ["SecurityGroupIngress/*/SourceSecurityGroupOwnerId"],
  "AWS::SecretsManager::Secret": ["LastAccessedDate", "LastChangedDate", "LastRotatedDate", "NextRotationDate"],
  "AWS::KMS::Key": ["CreationDate", "KeyState", "DeletionDate"],
};

/** Lists whose order means something, by name: the first that fits is taken, or they are the words of a command. */
export const orderedLists: ReadonlySet<string> = new Set([
  ...["Command", "EntryPoint", "Args", "command", "args", "entryPoint"],
  ...["CorsRules", "Layers", "CacheBehaviors", "RoutingRules", "initContainers", "DefaultActions"],
]);
