package aws.logs.kms_test

import data.aws.logs.kms

test_it_is_given if {
	kms.deny == set() with input as {
		"config": {
			"KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001",
		},
	}
}

test_it_is_not_given if {
	kms.deny == {{"message": "no KMS key is given", "path": "/config/KmsKeyId"}} with input as {"config": {}}
}

test_it_is_empty if {
	kms.deny == {{
		"message": "no KMS key is given",
		"path": "/config/KmsKeyId",
	}} with input as {"config": {"KmsKeyId": ""}}
}
