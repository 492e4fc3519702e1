package aws.ec2.volume_encrypted_test

import data.aws.ec2.volume_encrypted

test_it_is_on if {
	volume_encrypted.deny == set() with input as {"config": {"Encrypted": true}}
}

test_it_is_off if {
	volume_encrypted.deny == {{
		"message": "Encrypted is not true",
		"path": "/config/Encrypted",
	}} with input as {"config": {"Encrypted": false}}
}

test_it_is_not_set if {
	volume_encrypted.deny == {{
		"message": "Encrypted is not true",
		"path": "/config/Encrypted",
	}} with input as {"config": {}}
}

test_it_is_text if {
	volume_encrypted.deny == {{
		"message": "Encrypted is not true",
		"path": "/config/Encrypted",
	}} with input as {"config": {"Encrypted": "yes"}}
}
