package kubernetes.service.no_public_load_balancer_test

import data.kubernetes.service.no_public_load_balancer

test_internal if {
	given := {"type": "v1/Service", "config": {"metadata": {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}}, "spec": {"type": "LoadBalancer"}}}
	no_public_load_balancer.deny == set() with input as given
}

test_restricted if {
	given := {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24", "2001:db8::/32"]}}}
	no_public_load_balancer.deny == set() with input as given
}

test_restricted_by_annotation if {
	given := {"type": "v1/Service", "config": {"metadata": {"annotations": {"service.beta.kubernetes.io/load-balancer-source-ranges": "192.0.2.0/24, 198.51.100.0/24"}}, "spec": {"type": "LoadBalancer"}}}
	no_public_load_balancer.deny == set() with input as given
}

test_open if {
	expected := {
		{
			"message": "the load balancer is open to every address",
			"path": "/config/spec/loadBalancerSourceRanges",
		},
	}
	given := {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24", "0.0.0.0/0"]}}}
	no_public_load_balancer.deny == expected with input as given
}

test_no_ranges if {
	expected := {
		{
			"message": "the load balancer is open to every address",
			"path": "/config/spec/loadBalancerSourceRanges",
		},
	}
	given := {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": []}}}
	no_public_load_balancer.deny == expected with input as given
}

test_unknown_type if {
	expected := {{"message": "the service is of no type that there is", "path": "/config/spec/type"}}
	given := {"type": "v1/Service", "config": {"spec": {"type": "loadbalancer"}}}
	no_public_load_balancer.deny == expected with input as given
}

test_absent_ranges if {
	expected := {
		{
			"message": "the load balancer is open to every address",
			"path": "/config/spec/loadBalancerSourceRanges",
		},
	}
	given := {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer"}}}
	no_public_load_balancer.deny == expected with input as given
}

test_absent_type if {
	no_public_load_balancer.deny == set() with input as {"type": "v1/Service", "config": {"spec": {}}}
}
