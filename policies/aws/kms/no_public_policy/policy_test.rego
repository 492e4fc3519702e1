package aws.kms.no_public_policy_test

import data.aws.kms.no_public_policy

test_the_own_account_is_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"KeyPolicy": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Principal": {"AWS": "arn:aws:iam::111122223333:root"},
						"Action": "kms:*",
						"Resource": "*",
					},
				],
			},
		},
	}
}

test_callers_of_the_own_account_are_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"KeyPolicy": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Principal": {"AWS": "*"},
						"Action": "kms:*",
						"Resource": "*",
						"Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}},
					},
				],
			},
		},
	}
}

test_there_is_no_key_policy if {
	no_public_policy.deny == set() with input as {"config": {}}
}

test_everybody_is_let_in if {
	no_public_policy.deny == {{
		"message": "the key policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/KeyPolicy/Statement/0",
	}} with input as {
		"config": {
			"KeyPolicy": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Principal": {"AWS": "*"},
						"Action": "kms:*",
						"Resource": "*",
					},
				],
			},
		},
	}
}

test_the_document_is_text if {
	no_public_policy.deny == {{
		"message": "the key policy cannot be read",
		"path": "/config/KeyPolicy",
	}} with input as {"config": {"KeyPolicy": "{}"}}
}
