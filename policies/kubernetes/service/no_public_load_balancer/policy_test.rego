package kubernetes.service.no_public_load_balancer_test

import data.kubernetes.service.no_public_load_balancer

test_internal if {
	no_public_load_balancer.deny == set() with input as {"type": "v1/Service", "config": {"metadata": {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}}, "spec": {"type": "LoadBalancer"}}}
}

test_restricted if {
	no_public_load_balancer.deny == set() with input as {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24", "2001:db8::/32"]}}}
}

test_restricted_by_annotation if {
	no_public_load_balancer.deny == set() with input as {"type": "v1/Service", "config": {"metadata": {"annotations": {"service.beta.kubernetes.io/load-balancer-source-ranges": "192.0.2.0/24, 198.51.100.0/24"}}, "spec": {"type": "LoadBalancer"}}}
}

test_open if {
	no_public_load_balancer.deny == {{"message": "the load balancer is open to every address", "path": "/config/spec/loadBalancerSourceRanges"}} with input as {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24", "0.0.0.0/0"]}}}
}

test_no_ranges if {
	no_public_load_balancer.deny == {{"message": "the load balancer is open to every address", "path": "/config/spec/loadBalancerSourceRanges"}} with input as {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": []}}}
}

test_unknown_type if {
	no_public_load_balancer.deny == {{"message": "the service is of no type that there is", "path": "/config/spec/type"}} with input as {"type": "v1/Service", "config": {"spec": {"type": "loadbalancer"}}}
}

test_absent_ranges if {
	no_public_load_balancer.deny == {{"message": "the load balancer is open to every address", "path": "/config/spec/loadBalancerSourceRanges"}} with input as {"type": "v1/Service", "config": {"spec": {"type": "LoadBalancer"}}}
}

test_absent_type if {
	no_public_load_balancer.deny == set() with input as {"type": "v1/Service", "config": {"spec": {}}}
}
