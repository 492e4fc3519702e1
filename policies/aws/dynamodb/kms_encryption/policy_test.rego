package aws.dynamodb.kms_encryption_test

import data.aws.dynamodb.kms_encryption

test_it_is_on if {
	kms_encryption.deny == set() with input as {"config": {"SSESpecification": {"SSEEnabled": true}}}
}

test_it_is_off if {
	kms_encryption.deny == {{
		"message": "SSEEnabled is not true: the table is encrypted with a key that AWS owns",
		"path": "/config/SSESpecification/SSEEnabled",
	}} with input as {"config": {"SSESpecification": {"SSEEnabled": false}}}
}

test_it_is_not_set if {
	kms_encryption.deny == {{
		"message": "SSEEnabled is not true: the table is encrypted with a key that AWS owns",
		"path": "/config/SSESpecification/SSEEnabled",
	}} with input as {"config": {}}
}

test_it_is_text if {
	kms_encryption.deny == {{
		"message": "SSEEnabled is not true: the table is encrypted with a key that AWS owns",
		"path": "/config/SSESpecification/SSEEnabled",
	}} with input as {"config": {"SSESpecification": {"SSEEnabled": "yes"}}}
}
