package aws.cloudtrail.kms_encrypted_test

import data.aws.cloudtrail.kms_encrypted

test_it_is_given if {
	kms_encrypted.deny == set() with input as {
		"config": {
			"KMSKeyId": "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001",
		},
	}
}

test_it_is_not_given if {
	kms_encrypted.deny == {{
		"message": "no KMS key is given",
		"path": "/config/KMSKeyId",
	}} with input as {"config": {}}
}

test_it_is_empty if {
	kms_encrypted.deny == {{
		"message": "no KMS key is given",
		"path": "/config/KMSKeyId",
	}} with input as {"config": {"KMSKeyId": ""}}
}
