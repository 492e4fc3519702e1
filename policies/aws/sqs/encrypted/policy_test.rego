package aws.sqs.encrypted_test

import data.aws.sqs.encrypted

test_the_key_of_sqs_is_used if {
	encrypted.deny == set() with input as {"config": {"SqsManagedSseEnabled": true}}
}

test_a_kms_key_is_used if {
	encrypted.deny == set() with input as {
		"config": {"KmsMasterKeyId": "alias/orders", "SqsManagedSseEnabled": false},
	}
}

test_it_is_not_set if {
	encrypted.deny == set() with input as {"config": {}}
}

test_it_is_off if {
	encrypted.deny == {{
		"message": "SqsManagedSseEnabled is not true, and no KMS key is given",
		"path": "/config/SqsManagedSseEnabled",
	}} with input as {"config": {"SqsManagedSseEnabled": false}}
}

test_it_is_text if {
	encrypted.deny == {{
		"message": "SqsManagedSseEnabled is not true, and no KMS key is given",
		"path": "/config/SqsManagedSseEnabled",
	}} with input as {"config": {"SqsManagedSseEnabled": "yes"}}
}
