# METADATA
# title: S3 buckets encrypt with KMS keys
# description: >-
#   Every object is encrypted with a key of S3 anyway; only with a KMS key can the use of the key be restricted,
#   logged and revoked.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
# custom:
#   severity: low
#   types: [AWS::S3::Bucket]
#   remediation: aws-s3-kms-encryption
#   fix: Set the default encryption of the bucket to aws:kms, best with a key of your own.
package aws.s3.kms_encryption

uses_kms if {
	some i
	input.config.BucketEncryption.ServerSideEncryptionConfiguration[i].ServerSideEncryptionByDefault.SSEAlgorithm in {
		"aws:kms",
		"aws:kms:dsse",
	}
}

# A bucket that says nothing is encrypted with a key of S3 (AES256).
deny contains {
	"message": "the default encryption is not aws:kms",
	"path": "/config/BucketEncryption/ServerSideEncryptionConfiguration",
} if {
	not uses_kms
}
