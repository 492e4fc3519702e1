package aws.cloudtrail.is_logging_test

import data.aws.cloudtrail.is_logging

test_it_is_on if {
	is_logging.deny == set() with input as {"config": {"IsLogging": true}}
}

test_it_is_off if {
	is_logging.deny == {{
		"message": "IsLogging is not true",
		"path": "/config/IsLogging",
	}} with input as {"config": {"IsLogging": false}}
}

test_it_is_not_set if {
	is_logging.deny == {{
		"message": "IsLogging is not true",
		"path": "/config/IsLogging",
	}} with input as {"config": {}}
}
