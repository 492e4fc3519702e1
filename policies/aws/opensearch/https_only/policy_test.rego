package aws.opensearch.https_only_test

import data.aws.opensearch.https_only

test_it_is_on if {
	https_only.deny == set() with input as {"config": {"DomainEndpointOptions": {"EnforceHTTPS": true}}}
}

test_it_is_off if {
	https_only.deny == {{
		"message": "EnforceHTTPS is not true",
		"path": "/config/DomainEndpointOptions/EnforceHTTPS",
	}} with input as {"config": {"DomainEndpointOptions": {"EnforceHTTPS": false}}}
}

test_it_is_not_set if {
	https_only.deny == {{
		"message": "EnforceHTTPS is not true",
		"path": "/config/DomainEndpointOptions/EnforceHTTPS",
	}} with input as {"config": {}}
}

test_it_is_text if {
	https_only.deny == {{
		"message": "EnforceHTTPS is not true",
		"path": "/config/DomainEndpointOptions/EnforceHTTPS",
	}} with input as {"config": {"DomainEndpointOptions": {"EnforceHTTPS": "yes"}}}
}
