# METADATA
# title: Queues are encrypted
# description: >-
#   Messages of a queue without encryption wait readable, order data among them.
# related_resources:
# - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
# custom:
#   severity: medium
#   types: [AWS::SQS::Queue]
#   remediation: aws-sqs-encrypted
#   fix: Set SqsManagedSseEnabled to true, or give a KMS key.
package aws.sqs.encrypted

has_key if {
	is_string(input.config.KmsMasterKeyId)
	input.config.KmsMasterKeyId != ""
}

# Not set is on.
deny contains {
	"message": "SqsManagedSseEnabled is not true, and no KMS key is given",
	"path": "/config/SqsManagedSseEnabled",
} if {
	input.config.SqsManagedSseEnabled != true
	not has_key
}
