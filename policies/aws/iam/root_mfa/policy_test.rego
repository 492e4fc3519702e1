package aws.iam.root_mfa_test

import data.aws.iam.root_mfa

test_it_is_so if {
	root_mfa.deny == set() with input as {"config": {"AccountMFAEnabled": 1}}
}

test_it_is_not_so if {
	root_mfa.deny == {{
		"message": "the root user has no MFA device",
		"path": "/config/AccountMFAEnabled",
	}} with input as {"config": {"AccountMFAEnabled": 0}}
}

test_it_was_not_read if {
	root_mfa.deny == {{
		"message": "the root user has no MFA device",
		"path": "/config/AccountMFAEnabled",
	}} with input as {"config": {}}
}
