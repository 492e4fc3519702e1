# METADATA
# title: Databases keep backups for a week
# description: >-
#   A fault that is found after the last backup has gone cannot be undone; a day is too short for a weekend.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html
# custom:
#   severity: medium
#   types: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: aws-rds-backup-retention
#   fix: Set BackupRetentionPeriod to 7 days or more.
package aws.rds.backup_retention

# An instance of an Aurora cluster has this from its cluster.
is_aurora if {
	not is_cluster
	startswith(input.config.Engine, "aurora")
}

is_cluster if input.type == "AWS::RDS::DBCluster"

applies if not is_aurora

is_enough if {
	is_number(input.config.BackupRetentionPeriod)
	input.config.BackupRetentionPeriod >= 7
}

# Not set is one day, or none for a replica.
deny contains {"message": "backups are kept for less than 7 days", "path": "/config/BackupRetentionPeriod"} if {
	not is_enough
}
