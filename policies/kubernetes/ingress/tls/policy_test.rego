package kubernetes.ingress.tls_test

import data.kubernetes.ingress.tls

test_all_hosts if {
	given := {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": [{"hosts": ["a.example.com", "*.b.example.com"]}], "rules": [{"host": "a.example.com"}, {"host": "x.b.example.com"}, {}]}}}
	tls.deny == set() with input as given
}

test_every_host if {
	given := {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": [{"secretName": "web"}], "rules": [{"host": "a.example.com"}]}}}
	tls.deny == set() with input as given
}

test_at_the_load_balancer if {
	given := {"type": "networking.k8s.io/v1/Ingress", "config": {"metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}}, "spec": {}}}
	tls.deny == set() with input as given
}

test_plain_at_the_load_balancer if {
	expected := {{"message": "the ingress has no TLS", "path": "/config/spec/tls"}}
	given := {"type": "networking.k8s.io/v1/Ingress", "config": {"metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn", "alb.ingress.kubernetes.io/listen-ports": `[{"HTTP": 80}, {"HTTPS": 443}]`}}}}
	tls.deny == expected with input as given
}

test_one_host_is_missing if {
	expected := {
		{"message": "the host of a rule is not among those of TLS", "path": "/config/spec/rules/1/host"},
	}
	given := {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": [{"hosts": ["a.example.com"]}], "rules": [{"host": "a.example.com"}, {"host": "b.example.com"}]}}}
	tls.deny == expected with input as given
}

test_empty if {
	expected := {{"message": "the ingress has no TLS", "path": "/config/spec/tls"}}
	tls.deny == expected with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": []}}}
}

test_absent if {
	expected := {{"message": "the ingress has no TLS", "path": "/config/spec/tls"}}
	given := {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"rules": [{"host": "a.example.com"}]}}}
	tls.deny == expected with input as given
}
