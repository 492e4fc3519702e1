package aws.rds.backup_retention_test

import data.aws.rds.backup_retention

test_a_week if {
	backup_retention.applies with input as {
		"config": {"Engine": "postgres", "BackupRetentionPeriod": 7},
	}
	backup_retention.deny == set() with input as {"config": {"Engine": "postgres", "BackupRetentionPeriod": 7}}
}

test_a_day if {
	backup_retention.applies with input as {
		"config": {"Engine": "postgres", "BackupRetentionPeriod": 1},
	}
	backup_retention.deny == {{
		"message": "backups are kept for less than 7 days",
		"path": "/config/BackupRetentionPeriod",
	}} with input as {"config": {"Engine": "postgres", "BackupRetentionPeriod": 1}}
}

test_no_backups if {
	backup_retention.applies with input as {
		"config": {"Engine": "postgres", "BackupRetentionPeriod": 0},
	}
	backup_retention.deny == {{
		"message": "backups are kept for less than 7 days",
		"path": "/config/BackupRetentionPeriod",
	}} with input as {"config": {"Engine": "postgres", "BackupRetentionPeriod": 0}}
}

test_it_is_not_set if {
	backup_retention.applies with input as {"config": {"Engine": "postgres"}}
	backup_retention.deny == {{
		"message": "backups are kept for less than 7 days",
		"path": "/config/BackupRetentionPeriod",
	}} with input as {"config": {"Engine": "postgres"}}
}

test_the_instance_belongs_to_an_aurora_cluster if {
	not backup_retention.applies with input as {"config": {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r7g.large"}}
}

test_a_cluster if {
	backup_retention.applies with input as {"type": "AWS::RDS::DBCluster", "config": {"Engine": "aurora-mysql"}}
	backup_retention.deny == {{
		"message": "backups are kept for less than 7 days",
		"path": "/config/BackupRetentionPeriod",
	}} with input as {"type": "AWS::RDS::DBCluster", "config": {"Engine": "aurora-mysql"}}
	backup_retention.deny == set() with input as {
		"type": "AWS::RDS::DBCluster",
		"config": {"Engine": "aurora-mysql", "BackupRetentionPeriod": 7},
	}
}
