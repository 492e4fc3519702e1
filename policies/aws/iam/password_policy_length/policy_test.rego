package aws.iam.password_policy_length_test

import data.aws.iam.password_policy_length

test_it_is_enough if {
	password_policy_length.deny == set() with input as {"config": {"MinimumPasswordLength": 12}}
}

test_it_is_not_enough if {
	password_policy_length.deny == {{
		"message": "the minimum length of passwords is less than 12",
		"path": "/config/MinimumPasswordLength",
	}} with input as {"config": {"MinimumPasswordLength": 11}}
}

test_no_policy_is_set if {
	password_policy_length.deny == {{
		"message": "the minimum length of passwords is less than 12",
		"path": "/config/MinimumPasswordLength",
	}} with input as {"config": {}}
}

test_it_is_text if {
	password_policy_length.deny == {{
		"message": "the minimum length of passwords is less than 12",
		"path": "/config/MinimumPasswordLength",
	}} with input as {"config": {"MinimumPasswordLength": "14"}}
}
