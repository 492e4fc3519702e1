package aws.secretsmanager.rotation_test

import data.aws.secretsmanager.rotation

test_it_changes_every_month if {
	rotation.deny == set() with input as {
		"config": {
			"RotationSchedule": {
				"RotationRules": {"AutomaticallyAfterDays": 30},
				"RotationLambdaARN": "arn:aws:lambda:eu-west-1:111122223333:function:rotate",
			},
		},
	}
}

test_it_changes_once_a_year if {
	rotation.deny == {{
		"message": "the secret is not rotated every 90 days",
		"path": "/config/RotationSchedule/RotationRules/AutomaticallyAfterDays",
	}} with input as {
		"config": {
			"RotationSchedule": {
				"RotationRules": {"AutomaticallyAfterDays": 365},
				"RotationLambdaARN": "arn:aws:lambda:eu-west-1:111122223333:function:rotate",
			},
		},
	}
}

test_it_changes_every_10_days if {
	rotation.deny == set() with input as {
		"config": {
			"RotationSchedule": {"RotationRules": {"ScheduleExpression": "rate(10 days)"}},
		},
	}
}

test_it_changes_on_the_first_of_the_month if {
	rotation.deny == set() with input as {
		"config": {
			"RotationSchedule": {"RotationRules": {"ScheduleExpression": "cron(0 8 1 * ? *)"}},
		},
	}
}

test_it_changes_every_100_days if {
	rotation.deny == {{
		"message": "the secret is not rotated every 90 days",
		"path": "/config/RotationSchedule/RotationRules/AutomaticallyAfterDays",
	}} with input as {
		"config": {
			"RotationSchedule": {"RotationRules": {"ScheduleExpression": "rate(100 days)"}},
		},
	}
}

test_it_changes_at_the_new_year if {
	rotation.deny == {{
		"message": "the secret is not rotated every 90 days",
		"path": "/config/RotationSchedule/RotationRules/AutomaticallyAfterDays",
	}} with input as {
		"config": {
			"RotationSchedule": {"RotationRules": {"ScheduleExpression": "cron(0 8 1 1 ? *)"}},
		},
	}
}

test_the_schedule_cannot_be_read if {
	rotation.deny == {{
		"message": "the secret is not rotated every 90 days",
		"path": "/config/RotationSchedule/RotationRules/AutomaticallyAfterDays",
	}} with input as {
		"config": {"RotationSchedule": {"RotationRules": {"ScheduleExpression": "often"}}},
	}
}

test_it_never_changes if {
	rotation.deny == {{
		"message": "the secret is not rotated every 90 days",
		"path": "/config/RotationSchedule/RotationRules/AutomaticallyAfterDays",
	}} with input as {"config": {}}
}
