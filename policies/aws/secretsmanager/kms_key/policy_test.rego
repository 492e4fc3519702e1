package aws.secretsmanager.kms_key_test

import data.aws.secretsmanager.kms_key

test_it_is_given if {
	kms_key.deny == set() with input as {"config": {"KmsKeyId": "alias/payment"}}
}

test_it_is_not_given if {
	kms_key.deny == {{
		"message": "no KMS key of your own is given: the key of the account is used",
		"path": "/config/KmsKeyId",
	}} with input as {"config": {}}
}

test_it_is_empty if {
	kms_key.deny == {{
		"message": "no KMS key of your own is given: the key of the account is used",
		"path": "/config/KmsKeyId",
	}} with input as {"config": {"KmsKeyId": ""}}
}

test_it_is_the_key_of_the_account_by_its_alias if {
	kms_key.deny == {{
		"message": "no KMS key of your own is given: the key of the account is used",
		"path": "/config/KmsKeyId",
	}} with input as {"config": {"KmsKeyId": "alias/aws/secretsmanager"}}
}

test_it_is_the_key_of_the_account_by_its_alias_arn if {
	kms_key.deny == {{
		"message": "no KMS key of your own is given: the key of the account is used",
		"path": "/config/KmsKeyId",
	}} with input as {"config": {"KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:alias/aws/secretsmanager"}}
}
