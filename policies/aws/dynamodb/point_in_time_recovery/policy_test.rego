package aws.dynamodb.point_in_time_recovery_test

import data.aws.dynamodb.point_in_time_recovery

test_it_is_on if {
	point_in_time_recovery.deny == set() with input as {
		"config": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}},
	}
}

test_it_is_off if {
	point_in_time_recovery.deny == {{
		"message": "PointInTimeRecoveryEnabled is not true",
		"path": "/config/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
	}} with input as {
		"config": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}},
	}
}

test_it_is_not_set if {
	point_in_time_recovery.deny == {{
		"message": "PointInTimeRecoveryEnabled is not true",
		"path": "/config/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
	}} with input as {"config": {}}
}

test_it_is_text if {
	point_in_time_recovery.deny == {{
		"message": "PointInTimeRecoveryEnabled is not true",
		"path": "/config/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
	}} with input as {
		"config": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "yes"}},
	}
}
