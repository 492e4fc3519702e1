package kubernetes.networkpolicy.no_allow_all_test

import data.kubernetes.networkpolicy.no_allow_all

test_named_peers if {
	no_allow_all.deny == set() with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}, {"podSelector": {}}]}], "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}]}}}
}

test_everyone_on_one_port if {
	no_allow_all.deny == set() with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"ports": [{"port": 443}]}]}}}
}

test_an_empty_rule if {
	no_allow_all.deny == {{"message": "a rule of ingress is open to everything", "path": "/config/spec/ingress/0"}, {"message": "a rule of egress is open to everything", "path": "/config/spec/egress/0"}} with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{}], "egress": [{}]}}}
}

test_every_address if {
	no_allow_all.deny == {{"message": "a rule of ingress is open to everything", "path": "/config/spec/ingress/0"}} with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}}}
}

test_every_namespace if {
	no_allow_all.deny == {{"message": "a rule of ingress is open to everything", "path": "/config/spec/ingress/0"}} with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": [{"from": [{"namespaceSelector": {}}]}]}}}
}

test_another_type if {
	no_allow_all.deny == {{"message": "the rules of ingress are not an array", "path": "/config/spec/ingress"}, {"message": "a rule of egress is open to everything", "path": "/config/spec/egress/0"}} with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"ingress": {"from": []}, "egress": [{"to": "all"}]}}}
}

test_absent if {
	no_allow_all.deny == set() with input as {"type": "networking.k8s.io/v1/NetworkPolicy", "config": {"spec": {"podSelector": {}}}}
}
