package aws.rds.encrypted_test

import data.aws.rds.encrypted

test_it_is_on if {
	encrypted.applies with input as {"config": {"Engine": "postgres", "StorageEncrypted": true}}
	encrypted.deny == set() with input as {"config": {"Engine": "postgres", "StorageEncrypted": true}}
}

test_it_is_off if {
	encrypted.applies with input as {"config": {"Engine": "postgres", "StorageEncrypted": false}}
	encrypted.deny == {{
		"message": "StorageEncrypted is not true",
		"path": "/config/StorageEncrypted",
	}} with input as {"config": {"Engine": "postgres", "StorageEncrypted": false}}
}

test_it_is_not_set if {
	encrypted.applies with input as {"config": {"Engine": "postgres"}}
	encrypted.deny == {{
		"message": "StorageEncrypted is not true",
		"path": "/config/StorageEncrypted",
	}} with input as {"config": {"Engine": "postgres"}}
}

test_it_is_text if {
	encrypted.applies with input as {"config": {"Engine": "postgres", "StorageEncrypted": "yes"}}
	encrypted.deny == {{
		"message": "StorageEncrypted is not true",
		"path": "/config/StorageEncrypted",
	}} with input as {"config": {"Engine": "postgres", "StorageEncrypted": "yes"}}
}

test_the_instance_belongs_to_an_aurora_cluster if {
	not encrypted.applies with input as {"config": {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r7g.large"}}
}
