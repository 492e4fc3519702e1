package kubernetes.pod.no_host_ports_test

import data.kubernetes.pod.no_host_ports

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_own_port if {
	given := pod({"containers": [{"name": "web", "ports": [{"containerPort": 80, "hostPort": 0}]}]})
	no_host_ports.deny == set() with input as given
}

test_host_port if {
	expected := {
		{
			"message": "container web takes a port of its node",
			"path": "/config/spec/containers/0/ports/1/hostPort",
		},
	}
	given := pod({"containers": [{"name": "web", "ports": [{"containerPort": 80}, {"containerPort": 443, "hostPort": 443}]}]})
	no_host_ports.deny == expected with input as given
}

test_absent if {
	no_host_ports.deny == set() with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & no_host_ports.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
