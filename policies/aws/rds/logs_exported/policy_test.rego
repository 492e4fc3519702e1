package aws.rds.logs_exported_test

import data.aws.rds.logs_exported

test_a_log_is_exported if {
	logs_exported.applies with input as {
		"config": {"Engine": "postgres", "EnableCloudwatchLogsExports": ["postgresql"]},
	}
	logs_exported.deny == set() with input as {
		"config": {"Engine": "postgres", "EnableCloudwatchLogsExports": ["postgresql"]},
	}
}

test_the_list_is_empty if {
	logs_exported.applies with input as {
		"config": {"Engine": "postgres", "EnableCloudwatchLogsExports": []},
	}
	logs_exported.deny == {{
		"message": "no log is exported to CloudWatch Logs",
		"path": "/config/EnableCloudwatchLogsExports",
	}} with input as {"config": {"Engine": "postgres", "EnableCloudwatchLogsExports": []}}
}

test_it_is_not_set if {
	logs_exported.applies with input as {"config": {"Engine": "postgres"}}
	logs_exported.deny == {{
		"message": "no log is exported to CloudWatch Logs",
		"path": "/config/EnableCloudwatchLogsExports",
	}} with input as {"config": {"Engine": "postgres"}}
}

test_the_instance_belongs_to_an_aurora_cluster if {
	not logs_exported.applies with input as {"config": {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r7g.large"}}
}
