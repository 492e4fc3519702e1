# METADATA
# title: Tables can be restored to any second
# description: >-
#   Without point-in-time recovery a faulty release that overwrites items cannot be undone.
# related_resources:
# - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
# custom:
#   severity: medium
#   types: [AWS::DynamoDB::Table]
#   remediation: aws-dynamodb-point-in-time-recovery
#   fix: Switch on point-in-time recovery.
package aws.dynamodb.point_in_time_recovery

deny contains {
	"message": "PointInTimeRecoveryEnabled is not true",
	"path": "/config/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
} if {
	not input.config.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled == true
}
