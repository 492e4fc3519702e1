package aws.iam.no_admin_policy_test

import data.aws.iam.no_admin_policy

test_one_action_on_one_bucket if {
	no_admin_policy.deny == set() with input as {
		"config": {
			"PolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Action": ["s3:GetObject"],
						"Resource": "arn:aws:s3:::qv-orders/*",
					},
				],
			},
		},
	}
}

test_everything_on_everything if {
	no_admin_policy.deny == {{
		"message": "the statement allows every action on every resource",
		"path": "/config/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"PolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
			},
		},
	}
}

test_everything_but_one_action if {
	no_admin_policy.deny == {{
		"message": "the statement allows every action on every resource",
		"path": "/config/PolicyDocument/Statement",
	}} with input as {
		"config": {
			"PolicyDocument": {
				"Version": "2012-10-17",
				"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
			},
		},
	}
}

test_a_role_has_an_inline_policy_for_everything if {
	no_admin_policy.deny == {{
		"message": "a statement of the inline policy orders allows every action on every resource",
		"path": "/config/Policies/0/PolicyDocument/Statement/0",
	}} with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Principal": {"Service": "ec2.amazonaws.com"},
						"Action": "sts:AssumeRole",
					},
				],
			},
			"Policies": [
				{
					"PolicyName": "orders",
					"PolicyDocument": {
						"Version": "2012-10-17",
						"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
					},
				},
			],
		},
	}
}

test_a_role_may_do_one_thing if {
	no_admin_policy.deny == set() with input as {
		"config": {
			"AssumeRolePolicyDocument": {
				"Version": "2012-10-17",
				"Statement": [
					{
						"Effect": "Allow",
						"Principal": {"Service": "ec2.amazonaws.com"},
						"Action": "sts:AssumeRole",
					},
				],
			},
			"Policies": [
				{
					"PolicyName": "orders",
					"PolicyDocument": {
						"Version": "2012-10-17",
						"Statement": [
							{
								"Effect": "Allow",
								"Action": ["s3:GetObject"],
								"Resource": "arn:aws:s3:::qv-orders/*",
							},
						],
					},
				},
			],
		},
	}
}

test_a_user_is_an_administrator if {
	no_admin_policy.deny == {{
		"message": "the policy arn:aws:iam::aws:policy/AdministratorAccess, which allows everything, is attached",
		"path": "/config/ManagedPolicyArns/0",
	}} with input as {
		"config": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
	}
}

test_a_group_without_policies if {
	no_admin_policy.deny == set() with input as {"config": {}}
}

test_the_document_is_text if {
	no_admin_policy.deny == {{
		"message": "the policy document cannot be read",
		"path": "/config/PolicyDocument",
	}} with input as {"config": {"PolicyDocument": "{}"}}
}
