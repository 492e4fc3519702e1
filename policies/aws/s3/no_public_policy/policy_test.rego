package aws.s3.no_public_policy_test

import data.aws.s3.no_public_policy

test_a_role_of_another_account_is_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
						},
					],
				},
			},
		},
	}
}

test_the_own_organisation_is_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
							"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
						},
					],
				},
			},
		},
	}
}

test_strangers_are_denied if {
	no_public_policy.deny == set() with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
						},
					],
				},
			},
		},
	}
}

test_there_is_no_policy if {
	no_public_policy.deny == set() with input as {"config": {}}
}

test_everybody_is_let_in if {
	no_public_policy.deny == {{
		"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/BucketPolicy/PolicyDocument/Statement/1",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
						},
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
						},
					],
				},
			},
		},
	}
}

test_every_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/BucketPolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": ["*"]},
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
						},
					],
				},
			},
		},
	}
}

test_a_statement_that_stands_alone_lets_in_everybody if {
	no_public_policy.deny == {{
		"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/BucketPolicy/PolicyDocument/Statement",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": {
						"Effect": "Allow",
						"Principal": "*",
						"Action": "s3:GetObject",
						"Resource": "arn:aws:s3:::qv-orders/*",
					},
				},
			},
		},
	}
}

test_everybody_but_one_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/BucketPolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"},
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
						},
					],
				},
			},
		},
	}
}

test_the_condition_only_asks_for_tls if {
	no_public_policy.deny == {{
		"message": "the bucket policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/BucketPolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "s3:GetObject",
							"Resource": "arn:aws:s3:::qv-orders/*",
							"Condition": {"Bool": {"aws:SecureTransport": "true"}},
						},
					],
				},
			},
		},
	}
}
