package aws.iam.no_wildcard_trust_test

import data.aws.iam.no_wildcard_trust

test_a_service_is_trusted if {
	no_wildcard_trust.deny == set() with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Action": "sts:AssumeRole",
						"Principal": {"Service": "ec2.amazonaws.com"},
					},
				],
			},
		},
	}
}

test_the_own_organisation_is_trusted if {
	no_wildcard_trust.deny == set() with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Action": "sts:AssumeRole",
						"Principal": {"AWS": "*"},
						"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
					},
				],
			},
		},
	}
}

test_every_account_is_trusted if {
	no_wildcard_trust.deny == {{
		"message": "the trust policy lets everybody assume the role; expected named principals, or a condition on who calls",
		"path": "/config/AssumeRolePolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Action": "sts:AssumeRole",
						"Principal": {"AWS": "*"},
					},
				],
			},
		},
	}
}

test_everybody_is_trusted if {
	no_wildcard_trust.deny == {{
		"message": "the trust policy lets everybody assume the role; expected named principals, or a condition on who calls",
		"path": "/config/AssumeRolePolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}],
			},
		},
	}
}

test_the_condition_does_not_narrow if {
	no_wildcard_trust.deny == {{
		"message": "the trust policy lets everybody assume the role; expected named principals, or a condition on who calls",
		"path": "/config/AssumeRolePolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Action": "sts:AssumeRole",
						"Principal": {"AWS": "*"},
						"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
					},
				],
			},
		},
	}
}

test_there_is_no_trust_policy if {
	no_wildcard_trust.deny == {{
		"message": "there is no trust policy",
		"path": "/config/AssumeRolePolicyDocument",
	}} with input as {"config": {}}
}
