package aws.lambda.env_secrets_test

import data.aws.lambda.env_secrets

test_the_variable_names_a_secret if {
	env_secrets.deny == set() with input as {
		"config": {
			"Environment": {
				"Variables": {
					"DB_SECRET": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db",
					"STAGE": "production",
				},
			},
		},
	}
}

test_there_is_no_environment if {
	env_secrets.deny == set() with input as {"config": {}}
}

test_an_access_key_is_in_a_variable if {
	env_secrets.deny == {{
		"message": "the variable KEY_ID holds what looks like a secret",
		"path": "/config/Environment/Variables/KEY_ID",
	}} with input as {"config": {"Environment": {"Variables": {"KEY_ID": "AKIAIOSFODNN7EXAMPLE"}}}}
}

test_a_password_is_in_a_variable if {
	env_secrets.deny == {{
		"message": "the variable DB_PASSWORD holds what looks like a secret",
		"path": "/config/Environment/Variables/DB_PASSWORD",
	}} with input as {"config": {"Environment": {"Variables": {"DB_PASSWORD": "not-a-real-one"}}}}
}

test_a_private_key_is_in_a_variable if {
	env_secrets.deny == {{
		"message": "the variable SIGNER holds what looks like a secret",
		"path": "/config/Environment/Variables/SIGNER",
	}} with input as {
		"config": {"Environment": {"Variables": {"SIGNER": "-----BEGIN PRIVATE KEY-----"}}},
	}
}
