package aws.elbv2.access_logs_test

import data.aws.elbv2.access_logs

test_it_is_on if {
	access_logs.deny == set() with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [{"Key": "access_logs.s3.enabled", "Value": "true"}],
		},
	}
}

test_it_is_off if {
	access_logs.deny == {{
		"message": "access_logs.s3.enabled is not true",
		"path": "/config/LoadBalancerAttributes",
	}} with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [{"Key": "access_logs.s3.enabled", "Value": "false"}],
		},
	}
}

test_it_is_not_set if {
	access_logs.deny == {{
		"message": "access_logs.s3.enabled is not true",
		"path": "/config/LoadBalancerAttributes",
	}} with input as {"config": {"Type": "application"}}
}
