package aws.sns.kms_encrypted_test

import data.aws.sns.kms_encrypted

test_it_is_given if {
	kms_encrypted.deny == set() with input as {"config": {"KmsMasterKeyId": "alias/fills"}}
}

test_it_is_not_given if {
	kms_encrypted.deny == {{
		"message": "no KMS key is given",
		"path": "/config/KmsMasterKeyId",
	}} with input as {"config": {}}
}

test_it_is_empty if {
	kms_encrypted.deny == {{
		"message": "no KMS key is given",
		"path": "/config/KmsMasterKeyId",
	}} with input as {"config": {"KmsMasterKeyId": ""}}
}
