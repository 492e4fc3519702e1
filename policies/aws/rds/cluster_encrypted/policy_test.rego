package aws.rds.cluster_encrypted_test

import data.aws.rds.cluster_encrypted

test_it_is_on if {
	cluster_encrypted.deny == set() with input as {"config": {"StorageEncrypted": true}}
}

test_it_is_off if {
	cluster_encrypted.deny == {{
		"message": "StorageEncrypted is not true",
		"path": "/config/StorageEncrypted",
	}} with input as {"config": {"StorageEncrypted": false}}
}

test_it_is_not_set if {
	cluster_encrypted.deny == {{
		"message": "StorageEncrypted is not true",
		"path": "/config/StorageEncrypted",
	}} with input as {"config": {}}
}

test_it_is_text if {
	cluster_encrypted.deny == {{
		"message": "StorageEncrypted is not true",
		"path": "/config/StorageEncrypted",
	}} with input as {"config": {"StorageEncrypted": "yes"}}
}
