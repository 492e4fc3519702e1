package kubernetes.networkpolicy.no_allow_all_test

import data.kubernetes.networkpolicy.no_allow_all

test_named_peers if {
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}, {"podSelector": {}}]}], "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}]}}}
	no_allow_all.deny == set() with input as given
}

test_everyone_on_one_port if {
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"ports": [{"port": 443}]}]}}}
	no_allow_all.deny == set() with input as given
}

test_an_empty_rule if {
	expected := {
		{
			"message": "a rule of ingress is open to everything",
			"path": "/config/spec/ingress/0",
		},
		{
			"message": "a rule of egress is open to everything",
			"path": "/config/spec/egress/0",
		},
	}
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{}], "egress": [{}]}}}
	no_allow_all.deny == expected with input as given
}

test_every_address if {
	expected := {{"message": "a rule of ingress is open to everything", "path": "/config/spec/ingress/0"}}
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}}}
	no_allow_all.deny == expected with input as given
}

test_every_namespace if {
	expected := {{"message": "a rule of ingress is open to everything", "path": "/config/spec/ingress/0"}}
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"from": [{"namespaceSelector": {}}]}]}}}
	no_allow_all.deny == expected with input as given
}

test_another_type if {
	expected := {
		{
			"message": "the rules of ingress are not an array",
			"path": "/config/spec/ingress",
		},
		{
			"message": "a rule of egress is open to everything",
			"path": "/config/spec/egress/0",
		},
	}
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": {"from": []}, "egress": [{"to": "all"}]}}}
	no_allow_all.deny == expected with input as given
}

test_absent if {
	given := {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"podSelector": {}}}}
	no_allow_all.deny == set() with input as given
}
