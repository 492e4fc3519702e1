package aws.rds.cluster_deletion_protection_test

import data.aws.rds.cluster_deletion_protection

test_it_is_on if {
	cluster_deletion_protection.deny == set() with input as {"config": {"DeletionProtection": true}}
}

test_it_is_off if {
	cluster_deletion_protection.deny == {{
		"message": "DeletionProtection is not true",
		"path": "/config/DeletionProtection",
	}} with input as {"config": {"DeletionProtection": false}}
}

test_it_is_not_set if {
	cluster_deletion_protection.deny == {{
		"message": "DeletionProtection is not true",
		"path": "/config/DeletionProtection",
	}} with input as {"config": {}}
}

test_it_is_text if {
	cluster_deletion_protection.deny == {{
		"message": "DeletionProtection is not true",
		"path": "/config/DeletionProtection",
	}} with input as {"config": {"DeletionProtection": "yes"}}
}
