package kubernetes.service.no_external_ips_test

import data.kubernetes.service.no_external_ips

test_none if {
	no_external_ips.deny == set() with input as {"type": "v1/Service", "config": {"spec": {"externalIPs": []}}}
}

test_claimed if {
	no_external_ips.deny == {{"message": "the service claims external addresses", "path": "/config/spec/externalIPs"}} with input as {"type": "v1/Service", "config": {"spec": {"externalIPs": ["192.0.2.1"]}}}
}

test_another_type if {
	no_external_ips.deny == {{"message": "the service claims external addresses", "path": "/config/spec/externalIPs"}} with input as {"type": "v1/Service", "config": {"spec": {"externalIPs": "192.0.2.1"}}}
}

test_absent if {
	no_external_ips.deny == set() with input as {"type": "v1/Service", "config": {"spec": {}}}
}
