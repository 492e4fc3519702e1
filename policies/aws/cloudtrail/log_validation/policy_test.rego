package aws.cloudtrail.log_validation_test

import data.aws.cloudtrail.log_validation

test_it_is_on if {
	log_validation.deny == set() with input as {"config": {"EnableLogFileValidation": true}}
}

test_it_is_off if {
	log_validation.deny == {{
		"message": "EnableLogFileValidation is not true",
		"path": "/config/EnableLogFileValidation",
	}} with input as {"config": {"EnableLogFileValidation": false}}
}

test_it_is_not_set if {
	log_validation.deny == {{
		"message": "EnableLogFileValidation is not true",
		"path": "/config/EnableLogFileValidation",
	}} with input as {"config": {}}
}

test_it_is_text if {
	log_validation.deny == {{
		"message": "EnableLogFileValidation is not true",
		"path": "/config/EnableLogFileValidation",
	}} with input as {"config": {"EnableLogFileValidation": "yes"}}
}
