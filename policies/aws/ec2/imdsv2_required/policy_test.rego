package aws.ec2.imdsv2_required_test

import data.aws.ec2.imdsv2_required

test_a_token_is_required if {
	imdsv2_required.deny == set() with input as {"config": {"MetadataOptions": {"HttpTokens": "required"}}}
}

test_the_service_is_switched_off if {
	imdsv2_required.deny == set() with input as {"config": {"MetadataOptions": {"HttpEndpoint": "disabled"}}}
}

test_a_token_is_optional if {
	imdsv2_required.deny == {{
		"message": "HttpTokens is not required: version 1 of the metadata service answers",
		"path": "/config/MetadataOptions/HttpTokens",
	}} with input as {
		"config": {"MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled"}},
	}
}

test_nothing_is_set if {
	imdsv2_required.deny == {{
		"message": "HttpTokens is not required: version 1 of the metadata service answers",
		"path": "/config/MetadataOptions/HttpTokens",
	}} with input as {"config": {}}
}
