package aws.s3.kms_encryption_test

import data.aws.s3.kms_encryption

test_objects_are_encrypted_with_kms if {
	kms_encryption.deny == set() with input as {
		"config": {
			"BucketEncryption": {
				"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}],
			},
		},
	}
}

test_objects_are_encrypted_twice_with_kms if {
	kms_encryption.deny == set() with input as {
		"config": {
			"BucketEncryption": {
				"ServerSideEncryptionConfiguration": [
					{
						"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"},
					},
				],
			},
		},
	}
}

test_objects_are_encrypted_with_a_key_of_s3 if {
	kms_encryption.deny == {{
		"message": "the default encryption is not aws:kms",
		"path": "/config/BucketEncryption/ServerSideEncryptionConfiguration",
	}} with input as {
		"config": {
			"BucketEncryption": {
				"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}],
			},
		},
	}
}

test_encryption_was_never_set if {
	kms_encryption.deny == {{
		"message": "the default encryption is not aws:kms",
		"path": "/config/BucketEncryption/ServerSideEncryptionConfiguration",
	}} with input as {"config": {}}
}
