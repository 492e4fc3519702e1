# METADATA
# title: S3 buckets keep old versions of objects
# description: >-
#   Without versions, an object that is overwritten or deleted, by mistake or by ransomware, is gone.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
# custom:
#   severity: medium
#   types: [AWS::S3::Bucket]
#   remediation: aws-s3-versioning-enabled
#   fix: Enable versioning on the bucket.
package aws.s3.versioning_enabled

deny contains {"message": "versioning is not Enabled", "path": "/config/VersioningConfiguration/Status"} if {
	not input.config.VersioningConfiguration.Status == "Enabled"
}
