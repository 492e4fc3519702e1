package aws.backup.vault_encryption_test

import data.aws.backup.vault_encryption

test_it_is_given if {
	vault_encryption.deny == set() with input as {
		"config": {
			"EncryptionKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001",
		},
	}
}

test_it_is_not_given if {
	vault_encryption.deny == {{
		"message": "no KMS key is given: the key of the account is used",
		"path": "/config/EncryptionKeyArn",
	}} with input as {"config": {}}
}

test_it_is_empty if {
	vault_encryption.deny == {{
		"message": "no KMS key is given: the key of the account is used",
		"path": "/config/EncryptionKeyArn",
	}} with input as {"config": {"EncryptionKeyArn": ""}}
}
