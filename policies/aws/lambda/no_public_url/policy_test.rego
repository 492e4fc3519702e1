package aws.lambda.no_public_url_test

import data.aws.lambda.no_public_url

test_a_signature_is_wanted if {
	no_public_url.deny == set() with input as {"config": {"Url": {"AuthType": "AWS_IAM"}}}
}

test_there_is_no_url if {
	no_public_url.deny == set() with input as {"config": {}}
}

test_anybody_may_call if {
	no_public_url.deny == {{
		"message": "AuthType of the function URL is NONE; expected AWS_IAM",
		"path": "/config/Url/AuthType",
	}} with input as {"config": {"Url": {"AuthType": "NONE"}}}
}
