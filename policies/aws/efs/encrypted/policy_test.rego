package aws.efs.encrypted_test

import data.aws.efs.encrypted

test_it_is_on if {
	encrypted.deny == set() with input as {"config": {"Encrypted": true}}
}

test_it_is_off if {
	encrypted.deny == {{
		"message": "Encrypted is not true",
		"path": "/config/Encrypted",
	}} with input as {"config": {"Encrypted": false}}
}

test_it_is_not_set if {
	encrypted.deny == {{
		"message": "Encrypted is not true",
		"path": "/config/Encrypted",
	}} with input as {"config": {}}
}

test_it_is_text if {
	encrypted.deny == {{
		"message": "Encrypted is not true",
		"path": "/config/Encrypted",
	}} with input as {"config": {"Encrypted": "yes"}}
}
