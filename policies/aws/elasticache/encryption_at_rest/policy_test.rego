package aws.elasticache.encryption_at_rest_test

import data.aws.elasticache.encryption_at_rest

test_it_is_on if {
	encryption_at_rest.deny == set() with input as {"config": {"AtRestEncryptionEnabled": true}}
}

test_it_is_off if {
	encryption_at_rest.deny == {{
		"message": "AtRestEncryptionEnabled is not true",
		"path": "/config/AtRestEncryptionEnabled",
	}} with input as {"config": {"AtRestEncryptionEnabled": false}}
}

test_it_is_not_set if {
	encryption_at_rest.deny == {{
		"message": "AtRestEncryptionEnabled is not true",
		"path": "/config/AtRestEncryptionEnabled",
	}} with input as {"config": {}}
}

test_it_is_text if {
	encryption_at_rest.deny == {{
		"message": "AtRestEncryptionEnabled is not true",
		"path": "/config/AtRestEncryptionEnabled",
	}} with input as {"config": {"AtRestEncryptionEnabled": "yes"}}
}
