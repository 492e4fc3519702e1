# METADATA
# title: Tables are encrypted with a KMS key
# description: >-
#   Without it a key is used that nobody can restrict, log or revoke.
# related_resources:
# - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
# custom:
#   severity: low
#   types: [AWS::DynamoDB::Table]
#   fix: Set SSEEnabled to true, best with a key of your own.
package aws.dynamodb.kms_encryption

deny contains {
	"message": "SSEEnabled is not true: the table is encrypted with a key that AWS owns",
	"path": "/config/SSESpecification/SSEEnabled",
} if {
	not input.config.SSESpecification.SSEEnabled == true
}
