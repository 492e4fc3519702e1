package aws.eks.secrets_encryption_test

import data.aws.eks.secrets_encryption

test_secrets_are_encrypted if {
	secrets_encryption.deny == set() with input as {
		"config": {
			"EncryptionConfig": [
				{
					"Resources": ["secrets"],
					"Provider": {
						"KeyArn": "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001",
					},
				},
			],
		},
	}
}

test_nothing_is_encrypted if {
	secrets_encryption.deny == {{
		"message": "no KMS key encrypts the secrets",
		"path": "/config/EncryptionConfig",
	}} with input as {"config": {}}
}

test_the_list_is_empty if {
	secrets_encryption.deny == {{
		"message": "no KMS key encrypts the secrets",
		"path": "/config/EncryptionConfig",
	}} with input as {"config": {"EncryptionConfig": []}}
}
