package aws.kinesis.encryption_test

import data.aws.kinesis.encryption

test_it_is_encrypted if {
	encryption.deny == set() with input as {
		"config": {
			"StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
		},
	}
}

test_it_is_not_encrypted if {
	encryption.deny == {{
		"message": "EncryptionType is not KMS",
		"path": "/config/StreamEncryption/EncryptionType",
	}} with input as {"config": {"StreamEncryption": {"EncryptionType": "NONE"}}}
}

test_it_is_not_set if {
	encryption.deny == {{
		"message": "EncryptionType is not KMS",
		"path": "/config/StreamEncryption/EncryptionType",
	}} with input as {"config": {}}
}
