package aws.iam.password_policy_reuse_test

import data.aws.iam.password_policy_reuse

test_it_is_enough if {
	password_policy_reuse.deny == set() with input as {"config": {"PasswordReusePrevention": 4}}
}

test_it_is_not_enough if {
	password_policy_reuse.deny == {{
		"message": "fewer than the last 4 passwords are refused",
		"path": "/config/PasswordReusePrevention",
	}} with input as {"config": {"PasswordReusePrevention": 3}}
}

test_no_policy_is_set if {
	password_policy_reuse.deny == {{
		"message": "fewer than the last 4 passwords are refused",
		"path": "/config/PasswordReusePrevention",
	}} with input as {"config": {}}
}

test_it_is_text if {
	password_policy_reuse.deny == {{
		"message": "fewer than the last 4 passwords are refused",
		"path": "/config/PasswordReusePrevention",
	}} with input as {"config": {"PasswordReusePrevention": "6"}}
}
