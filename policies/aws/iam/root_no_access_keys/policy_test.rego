package aws.iam.root_no_access_keys_test

import data.aws.iam.root_no_access_keys

test_it_is_so if {
	root_no_access_keys.deny == set() with input as {"config": {"AccountAccessKeysPresent": 0}}
}

test_it_is_not_so if {
	root_no_access_keys.deny == {{
		"message": "the root user has access keys",
		"path": "/config/AccountAccessKeysPresent",
	}} with input as {"config": {"AccountAccessKeysPresent": 1}}
}

test_it_was_not_read if {
	root_no_access_keys.deny == {{
		"message": "the root user has access keys",
		"path": "/config/AccountAccessKeysPresent",
	}} with input as {"config": {}}
}
