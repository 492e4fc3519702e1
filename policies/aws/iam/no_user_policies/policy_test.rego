package aws.iam.no_user_policies_test

import data.aws.iam.no_user_policies

test_the_user_is_in_a_group if {
	no_user_policies.deny == set() with input as {"config": {"Groups": ["operators"]}}
}

test_lists_are_empty if {
	no_user_policies.deny == set() with input as {"config": {"Policies": [], "ManagedPolicyArns": []}}
}

test_the_user_has_an_inline_policy if {
	no_user_policies.deny == {{
		"message": "the user has an inline policy; expected rights by groups",
		"path": "/config/Policies/0",
	}} with input as {
		"config": {
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

test_a_policy_is_attached_to_the_user if {
	no_user_policies.deny == {{
		"message": "the policy arn:aws:iam::aws:policy/ReadOnlyAccess is attached to the user; expected rights by groups",
		"path": "/config/ManagedPolicyArns/0",
	}} with input as {
		"config": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
	}
}
