package kubernetes.ingress.tls_test

import data.kubernetes.ingress.tls

test_all_hosts if {
	tls.deny == set() with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": [{"hosts": ["a.example.com", "*.b.example.com"]}], "rules": [{"host": "a.example.com"}, {"host": "x.b.example.com"}, {}]}}}
}

test_every_host if {
	tls.deny == set() with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": [{"secretName": "web"}], "rules": [{"host": "a.example.com"}]}}}
}

test_at_the_load_balancer if {
	tls.deny == set() with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}}, "spec": {}}}
}

test_plain_at_the_load_balancer if {
	tls.deny == {{"message": "the ingress has no TLS", "path": "/config/spec/tls"}} with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn", "alb.ingress.kubernetes.io/listen-ports": `[{"HTTP": 80}, {"HTTPS": 443}]`}}}}
}

test_one_host_is_missing if {
	tls.deny == {{"message": "the host of a rule is not among those of TLS", "path": "/config/spec/rules/1/host"}} with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": [{"hosts": ["a.example.com"]}], "rules": [{"host": "a.example.com"}, {"host": "b.example.com"}]}}}
}

test_empty if {
	tls.deny == {{"message": "the ingress has no TLS", "path": "/config/spec/tls"}} with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"tls": []}}}
}

test_absent if {
	tls.deny == {{"message": "the ingress has no TLS", "path": "/config/spec/tls"}} with input as {"type": "networking.k8s.io/v1/Ingress", "config": {"spec": {"rules": [{"host": "a.example.com"}]}}}
}
