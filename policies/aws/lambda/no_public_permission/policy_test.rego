package aws.lambda.no_public_permission_test

import data.aws.lambda.no_public_permission

test_a_service_may_call if {
	no_public_permission.deny == set() with input as {
		"config": {
			"Permissions": [
				{
					"Principal": "events.amazonaws.com",
					"Action": "lambda:InvokeFunction",
					"SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/settle",
				},
			],
		},
	}
}

test_the_own_organisation_may_call if {
	no_public_permission.deny == set() with input as {
		"config": {
			"Permissions": [
				{
					"Principal": "*",
					"Action": "lambda:InvokeFunction",
					"PrincipalOrgID": "o-a1b2c3d4e5",
				},
			],
		},
	}
}

test_there_is_no_permission if {
	no_public_permission.deny == set() with input as {"config": {}}
}

test_everybody_may_call if {
	no_public_permission.deny == {{
		"message": "everybody may call the function; expected a named principal, or a source",
		"path": "/config/Permissions/0",
	}} with input as {
		"config": {"Permissions": [{"Principal": "*", "Action": "lambda:InvokeFunction"}]},
	}
}
