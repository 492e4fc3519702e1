package aws.elbv2.drop_invalid_headers_test

import data.aws.elbv2.drop_invalid_headers

test_it_is_on if {
	drop_invalid_headers.applies with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [
				{
					"Key": "routing.http.drop_invalid_header_fields.enabled",
					"Value": "true",
				},
			],
		},
	}
	drop_invalid_headers.deny == set() with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [
				{
					"Key": "routing.http.drop_invalid_header_fields.enabled",
					"Value": "true",
				},
			],
		},
	}
}

test_it_is_off if {
	drop_invalid_headers.applies with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [
				{
					"Key": "routing.http.drop_invalid_header_fields.enabled",
					"Value": "false",
				},
			],
		},
	}
	drop_invalid_headers.deny == {{
		"message": "malformed headers are passed on",
		"path": "/config/LoadBalancerAttributes",
	}} with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [
				{
					"Key": "routing.http.drop_invalid_header_fields.enabled",
					"Value": "false",
				},
			],
		},
	}
}

test_it_is_not_set if {
	drop_invalid_headers.applies with input as {"config": {"Type": "application"}}
	drop_invalid_headers.deny == {{
		"message": "malformed headers are passed on",
		"path": "/config/LoadBalancerAttributes",
	}} with input as {"config": {"Type": "application"}}
}

test_it_is_a_network_load_balancer if {
	not drop_invalid_headers.applies with input as {"config": {"Type": "network"}}
}
