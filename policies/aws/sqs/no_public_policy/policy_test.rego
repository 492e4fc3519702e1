package aws.sqs.no_public_policy_test

import data.aws.sqs.no_public_policy

test_a_role_of_another_account_is_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
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
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
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
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
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
		"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/QueuePolicy/PolicyDocument/Statement/1",
	}} with input as {
		"config": {
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
						},
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
						},
					],
				},
			},
		},
	}
}

test_every_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/QueuePolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": ["*"]},
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
						},
					],
				},
			},
		},
	}
}

test_a_statement_that_stands_alone_lets_in_everybody if {
	no_public_policy.deny == {{
		"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/QueuePolicy/PolicyDocument/Statement",
	}} with input as {
		"config": {
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": {
						"Effect": "Allow",
						"Principal": "*",
						"Action": "sqs:SendMessage",
						"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
					},
				},
			},
		},
	}
}

test_everybody_but_one_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/QueuePolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"},
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
						},
					],
				},
			},
		},
	}
}

test_the_condition_only_asks_for_tls if {
	no_public_policy.deny == {{
		"message": "the queue policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/QueuePolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"QueuePolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "sqs:SendMessage",
							"Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
							"Condition": {"Bool": {"aws:SecureTransport": "true"}},
						},
					],
				},
			},
		},
	}
}
