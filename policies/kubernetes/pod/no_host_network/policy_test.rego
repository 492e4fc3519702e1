package kubernetes.pod.no_host_network_test

import data.kubernetes.pod.no_host_network

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_own_network if {
	no_host_network.deny == set() with input as pod({"hostNetwork": false})
}

test_host_network if {
	expected := {{"message": "the pod uses the network of its node", "path": "/config/spec/hostNetwork"}}
	no_host_network.deny == expected with input as pod({"hostNetwork": true})
}

test_another_type if {
	expected := {{"message": "the pod uses the network of its node", "path": "/config/spec/hostNetwork"}}
	no_host_network.deny == expected with input as pod({"hostNetwork": "no"})
}

test_absent if {
	no_host_network.deny == set() with input as pod({})
}

test_malformed if {
	faults & no_host_network.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
