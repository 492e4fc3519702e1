# METADATA
# title: S3 buckets have no public ACL
# description: >-
#   A public ACL lets anybody list the bucket, read its objects or even write to it.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
# custom:
#   severity: critical
#   types: [AWS::S3::Bucket]
#   remediation: aws-s3-no-public-acl
#   fix: Set the ACL to Private, or disable ACLs (object ownership BucketOwnerEnforced).
package aws.s3.no_public_acl

# Without an ACL the bucket is private.
closed := {
	"AwsExecRead",
	"BucketOwnerFullControl",
	"BucketOwnerRead",
	"LogDeliveryWrite",
	"Private",
}

deny contains {
	"message": sprintf("the ACL is %v; expected Private", [input.config.AccessControl]),
	"path": "/config/AccessControl",
} if {
	not is_closed
}

is_closed if input.config.AccessControl in closed
