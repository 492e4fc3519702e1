package aws.dynamodb.deletion_protection_test

import data.aws.dynamodb.deletion_protection

test_it_is_on if {
	deletion_protection.deny == set() with input as {"config": {"DeletionProtectionEnabled": true}}
}

test_it_is_off if {
	deletion_protection.deny == {{
		"message": "DeletionProtectionEnabled is not true",
		"path": "/config/DeletionProtectionEnabled",
	}} with input as {"config": {"DeletionProtectionEnabled": false}}
}

test_it_is_not_set if {
	deletion_protection.deny == {{
		"message": "DeletionProtectionEnabled is not true",
		"path": "/config/DeletionProtectionEnabled",
	}} with input as {"config": {}}
}

test_it_is_text if {
	deletion_protection.deny == {{
		"message": "DeletionProtectionEnabled is not true",
		"path": "/config/DeletionProtectionEnabled",
	}} with input as {"config": {"DeletionProtectionEnabled": "yes"}}
}
