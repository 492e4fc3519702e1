package aws.cloudtrail.cloudwatch_logs_test

import data.aws.cloudtrail.cloudwatch_logs

test_it_is_given if {
	cloudwatch_logs.deny == set() with input as {
		"config": {
			"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*",
		},
	}
}

test_it_is_not_given if {
	cloudwatch_logs.deny == {{
		"message": "no log group is given",
		"path": "/config/CloudWatchLogsLogGroupArn",
	}} with input as {"config": {}}
}

test_it_is_empty if {
	cloudwatch_logs.deny == {{
		"message": "no log group is given",
		"path": "/config/CloudWatchLogsLogGroupArn",
	}} with input as {"config": {"CloudWatchLogsLogGroupArn": ""}}
}
