# METADATA
# title: Tables are protected from deletion
# description: >-
#   One wrong command, or one wrong plan, deletes the table.
# related_resources:
# - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html#WorkingWithTables.Basics.DeletionProtection
# custom:
#   severity: medium
#   types: [AWS::DynamoDB::Table]
#   remediation: aws-dynamodb-deletion-protection
#   fix: Set DeletionProtectionEnabled to true.
package aws.dynamodb.deletion_protection

deny contains {
	"message": "DeletionProtectionEnabled is not true",
	"path": "/config/DeletionProtectionEnabled",
} if {
	not input.config.DeletionProtectionEnabled == true
}
