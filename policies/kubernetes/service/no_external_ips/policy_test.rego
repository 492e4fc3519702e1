package kubernetes.service.no_external_ips_test

import data.kubernetes.service.no_external_ips

test_none if {
	no_external_ips.deny == set() with input as {"type": "v1/Service", "config": {"spec": {"externalIPs": []}}}
}

test_claimed if {
	expected := {{"message": "the service claims external addresses", "path": "/config/spec/externalIPs"}}
	given := {"type": "v1/Service", "config": {"spec": {"externalIPs": ["192.0.2.1"]}}}
	no_external_ips.deny == expected with input as given
}

test_another_type if {
	expected := {{"message": "the service claims external addresses", "path": "/config/spec/externalIPs"}}
	given := {"type": "v1/Service", "config": {"spec": {"externalIPs": "192.0.2.1"}}}
	no_external_ips.deny == expected with input as given
}

test_absent if {
	no_external_ips.deny == set() with input as {"type": "v1/Service", "config": {"spec": {}}}
}
