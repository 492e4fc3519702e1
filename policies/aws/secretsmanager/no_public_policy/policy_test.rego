package aws.secretsmanager.no_public_policy_test

import data.aws.secretsmanager.no_public_policy

test_a_role_of_another_account_is_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
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
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
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
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
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
		"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/ResourcePolicy/ResourcePolicy/Statement/1",
	}} with input as {
		"config": {
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
						},
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
						},
					],
				},
			},
		},
	}
}

test_every_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/ResourcePolicy/ResourcePolicy/Statement/0",
	}} with input as {
		"config": {
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": ["*"]},
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
						},
					],
				},
			},
		},
	}
}

test_a_statement_that_stands_alone_lets_in_everybody if {
	no_public_policy.deny == {{
		"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/ResourcePolicy/ResourcePolicy/Statement",
	}} with input as {
		"config": {
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": {
						"Effect": "Allow",
						"Principal": "*",
						"Action": "secretsmanager:GetSecretValue",
						"Resource": "*",
					},
				},
			},
		},
	}
}

test_everybody_but_one_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/ResourcePolicy/ResourcePolicy/Statement/0",
	}} with input as {
		"config": {
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"},
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
						},
					],
				},
			},
		},
	}
}

test_the_condition_only_asks_for_tls if {
	no_public_policy.deny == {{
		"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/ResourcePolicy/ResourcePolicy/Statement/0",
	}} with input as {
		"config": {
			"ResourcePolicy": {
				"ResourcePolicy": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "secretsmanager:GetSecretValue",
							"Resource": "*",
							"Condition": {"Bool": {"aws:SecureTransport": "true"}},
						},
					],
				},
			},
		},
	}
}
