// Properties that code can set and that this scanner does not ask AWS for, by type and place. They cannot be compared with what is
// live; a test holds the list against what the scanner's source names.
export const unreadByAws: { readonly [type: string]: readonly string[] } = {
  "AWS::CloudTrail::Trail": ["InsightSelectors"],
  // The names of groups of networks that are no longer made; their ids are read.
  "AWS::EC2::Instance": ["SecurityGroups"],
  "AWS::EC2::Subnet": ["Ipv6CidrBlock"],
  "AWS::EC2::VPC": ["EnableDnsHostnames", "EnableDnsSupport"],
  "AWS::IAM::Role": ["Description", "MaxSessionDuration"],
  // AWS says how long a key waits only when it is about to be deleted.
  "AWS::KMS::Key": ["PendingWindowInDays", "RotationPeriodInDays"],
  "AWS::RDS::DBInstance": ["SourceDBInstanceIdentifier"],
  "AWS::S3::Bucket": ["AccelerateConfiguration"],
};
