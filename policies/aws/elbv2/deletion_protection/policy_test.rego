package aws.elbv2.deletion_protection_test

import data.aws.elbv2.deletion_protection

test_it_is_on if {
	deletion_protection.deny == set() with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": "true"}],
		},
	}
}

test_it_is_off if {
	deletion_protection.deny == {{
		"message": "deletion_protection.enabled is not true",
		"path": "/config/LoadBalancerAttributes",
	}} with input as {
		"config": {
			"Type": "application",
			"LoadBalancerAttributes": [{"Key": "deletion_protection.enabled", "Value": "false"}],
		},
	}
}

test_it_is_not_set if {
	deletion_protection.deny == {{
		"message": "deletion_protection.enabled is not true",
		"path": "/config/LoadBalancerAttributes",
	}} with input as {"config": {"Type": "application"}}
}
