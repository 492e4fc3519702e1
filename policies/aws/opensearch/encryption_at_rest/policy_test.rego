package aws.opensearch.encryption_at_rest_test

import data.aws.opensearch.encryption_at_rest

test_it_is_on if {
	encryption_at_rest.deny == set() with input as {"config": {"EncryptionAtRestOptions": {"Enabled": true}}}
}

test_it_is_off if {
	encryption_at_rest.deny == {{
		"message": "encryption at rest is not enabled",
		"path": "/config/EncryptionAtRestOptions/Enabled",
	}} with input as {"config": {"EncryptionAtRestOptions": {"Enabled": false}}}
}

test_it_is_not_set if {
	encryption_at_rest.deny == {{
		"message": "encryption at rest is not enabled",
		"path": "/config/EncryptionAtRestOptions/Enabled",
	}} with input as {"config": {}}
}

test_it_is_text if {
	encryption_at_rest.deny == {{
		"message": "encryption at rest is not enabled",
		"path": "/config/EncryptionAtRestOptions/Enabled",
	}} with input as {"config": {"EncryptionAtRestOptions": {"Enabled": "yes"}}}
}
