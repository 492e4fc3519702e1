package aws.sns.no_public_policy_test

import data.aws.sns.no_public_policy

test_a_role_of_another_account_is_let_in if {
	no_public_policy.deny == set() with input as {
		"config": {
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
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
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
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
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
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
		"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/TopicPolicy/PolicyDocument/Statement/1",
	}} with input as {
		"config": {
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": "arn:aws:iam::111122223333:role/settlement"},
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
						},
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
						},
					],
				},
			},
		},
	}
}

test_every_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/TopicPolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": {"AWS": ["*"]},
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
						},
					],
				},
			},
		},
	}
}

test_a_statement_that_stands_alone_lets_in_everybody if {
	no_public_policy.deny == {{
		"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/TopicPolicy/PolicyDocument/Statement",
	}} with input as {
		"config": {
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": {
						"Effect": "Allow",
						"Principal": "*",
						"Action": "sns:Publish",
						"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
					},
				},
			},
		},
	}
}

test_everybody_but_one_account_is_let_in if {
	no_public_policy.deny == {{
		"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/TopicPolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"},
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
						},
					],
				},
			},
		},
	}
}

test_the_condition_only_asks_for_tls if {
	no_public_policy.deny == {{
		"message": "the topic policy lets in everybody; expected named principals, or a condition on who calls",
		"path": "/config/TopicPolicy/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"TopicPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Allow",
							"Principal": "*",
							"Action": "sns:Publish",
							"Resource": "arn:aws:sns:eu-west-1:111122223333:fills",
							"Condition": {"Bool": {"aws:SecureTransport": "true"}},
						},
					],
				},
			},
		},
	}
}
