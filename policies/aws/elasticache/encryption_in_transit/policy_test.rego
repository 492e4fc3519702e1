package aws.elasticache.encryption_in_transit_test

import data.aws.elasticache.encryption_in_transit

test_it_is_on if {
	encryption_in_transit.deny == set() with input as {"config": {"TransitEncryptionEnabled": true}}
}

test_it_is_off if {
	encryption_in_transit.deny == {{
		"message": "TransitEncryptionEnabled is not true",
		"path": "/config/TransitEncryptionEnabled",
	}} with input as {"config": {"TransitEncryptionEnabled": false}}
}

test_it_is_not_set if {
	encryption_in_transit.deny == {{
		"message": "TransitEncryptionEnabled is not true",
		"path": "/config/TransitEncryptionEnabled",
	}} with input as {"config": {}}
}

test_it_is_text if {
	encryption_in_transit.deny == {{
		"message": "TransitEncryptionEnabled is not true",
		"path": "/config/TransitEncryptionEnabled",
	}} with input as {"config": {"TransitEncryptionEnabled": "yes"}}
}
