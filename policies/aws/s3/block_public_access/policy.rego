# METADATA
# title: S3 buckets block public access
# description: >-
#   Without all four blocks, one careless ACL or bucket policy opens the bucket to everybody on the internet.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# custom:
#   severity: high
#   types: [AWS::S3::Bucket]
#   remediation: aws-s3-block-public-access
#   fix: Turn on all four settings of the bucket's public access block.
package aws.s3.block_public_access

blocks := {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}

# A block that is not set is off, whatever the console turns on for new buckets.
deny contains {
	"message": sprintf("%s is not true", [block]),
	"path": sprintf("/config/PublicAccessBlockConfiguration/%s", [block]),
} if {
	some block in blocks
	not input.config.PublicAccessBlockConfiguration[block] == true
}
