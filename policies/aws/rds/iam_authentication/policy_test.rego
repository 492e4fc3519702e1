package aws.rds.iam_authentication_test

import data.aws.rds.iam_authentication

test_it_is_on if {
	iam_authentication.applies with input as {
		"config": {"Engine": "postgres", "EnableIAMDatabaseAuthentication": true},
	}
	iam_authentication.deny == set() with input as {
		"config": {"Engine": "postgres", "EnableIAMDatabaseAuthentication": true},
	}
}

test_it_is_off if {
	iam_authentication.applies with input as {
		"config": {"Engine": "postgres", "EnableIAMDatabaseAuthentication": false},
	}
	iam_authentication.deny == {{
		"message": "EnableIAMDatabaseAuthentication is not true",
		"path": "/config/EnableIAMDatabaseAuthentication",
	}} with input as {"config": {"Engine": "postgres", "EnableIAMDatabaseAuthentication": false}}
}

test_it_is_not_set if {
	iam_authentication.applies with input as {"config": {"Engine": "mysql"}}
	iam_authentication.deny == {{
		"message": "EnableIAMDatabaseAuthentication is not true",
		"path": "/config/EnableIAMDatabaseAuthentication",
	}} with input as {"config": {"Engine": "mysql"}}
}

test_the_engine_does_not_know_it if {
	not iam_authentication.applies with input as {"config": {"Engine": "oracle-ee"}}
}
