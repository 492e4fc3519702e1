// Every live fix of AWS. A new one is a file beside these, and a line here.
import type { AwsRemediation } from "./aws-remediation.js";
import { cloudtrailIsLogging } from "./cloudtrail-is-logging.js";
import { cloudtrailLogValidation } from "./cloudtrail-log-validation.js";
import { cloudtrailMultiRegion } from "./cloudtrail-multi-region.js";
import { dynamodbDeletionProtection } from "./dynamodb-deletion-protection.js";
import { dynamodbPointInTimeRecovery } from "./dynamodb-point-in-time-recovery.js";
import { ec2DefaultSecurityGroupClosed } from "./ec2-default-security-group-closed.js";
import { ec2EbsEncryptionByDefault } from "./ec2-ebs-encryption-by-default.js";
import { ec2Imdsv2Required } from "./ec2-imdsv2-required.js";
import { ec2NoPublicDatabasePorts } from "./ec2-no-public-database-ports.js";
import { ec2NoPublicRdp } from "./ec2-no-public-rdp.js";
import { ec2NoPublicSsh } from "./ec2-no-public-ssh.js";
import { ec2NoUnrestrictedIngress } from "./ec2-no-unrestricted-ingress.js";
import { ec2SubnetNoAutoPublicIp } from "./ec2-subnet-no-auto-public-ip.js";
import { elbv2DeletionProtection } from "./elbv2-deletion-protection.js";
import { elbv2DropInvalidHeaders } from "./elbv2-drop-invalid-headers.js";
import { elbv2TlsPolicy } from "./elbv2-tls-policy.js";
import { iamPasswordPolicyComplexity } from "./iam-password-policy-complexity.js";
import { iamPasswordPolicyLength } from "./iam-password-policy-length.js";
import { iamPasswordPolicyReuse } from "./iam-password-policy-reuse.js";
import { kmsRotationEnabled } from "./kms-rotation-enabled.js";
import { lambdaNoPublicPermission } from "./lambda-no-public-permission.js";
import { rdsBackupRetention } from "./rds-backup-retention.js";
import { rdsClusterDeletionProtection } from "./rds-cluster-deletion-protection.js";
import { rdsDeletionProtection } from "./rds-deletion-protection.js";
import { rdsIamAuthentication } from "./rds-iam-authentication.js";
import { rdsMinorVersionUpgrade } from "./rds-minor-version-upgrade.js";
import { rdsMultiAz } from "./rds-multi-az.js";
import { rdsNoPublicAccess } from "./rds-no-public-access.js";
import { s3BlockPublicAccess } from "./s3-block-public-access.js";
import { s3KmsEncryption } from "./s3-kms-encryption.js";
import { s3NoPublicAcl } from "./s3-no-public-acl.js";
import { s3TlsOnly } from "./s3-tls-only.js";
import { s3VersioningEnabled } from "./s3-versioning-enabled.js";
import { snsKmsEncrypted } from "./sns-kms-encrypted.js";
import { sqsEncrypted } from "./sqs-encrypted.js";

export const awsRemediations: readonly AwsRemediation[] = [
  cloudtrailIsLogging,
  cloudtrailLogValidation,
  cloudtrailMultiRegion,
  dynamodbDeletionProtection,
  dynamodbPointInTimeRecovery,
  ec2DefaultSecurityGroupClosed,
  ec2EbsEncryptionByDefault,
  ec2Imdsv2Required,
  ec2NoPublicDatabasePorts,
  ec2NoPublicRdp,
  ec2NoPublicSsh,
  ec2NoUnrestrictedIngress,
  ec2SubnetNoAutoPublicIp,
  elbv2DeletionProtection,
  elbv2DropInvalidHeaders,
  elbv2TlsPolicy,
  iamPasswordPolicyComplexity,
  iamPasswordPolicyLength,
  iamPasswordPolicyReuse,
  kmsRotationEnabled,
  lambdaNoPublicPermission,
  rdsBackupRetention,
  rdsClusterDeletionProtection,
  rdsDeletionProtection,
  rdsIamAuthentication,
  rdsMinorVersionUpgrade,
  rdsMultiAz,
  rdsNoPublicAccess,
  s3BlockPublicAccess,
  s3KmsEncryption,
  s3NoPublicAcl,
  s3TlsOnly,
  s3VersioningEnabled,
  snsKmsEncrypted,
  sqsEncrypted,
];
