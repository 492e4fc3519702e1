package kubernetes.pod.no_host_ports_test

import data.kubernetes.pod.no_host_ports

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {"type": "v1/Pod", "config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)}}

test_own_port if {
	no_host_ports.deny == set() with input as pod({"containers": [{"name": "web", "ports": [{"containerPort": 80, "hostPort": 0}]}]})
}

test_host_port if {
	no_host_ports.deny == {{"message": "container web takes a port of its node", "path": "/config/spec/containers/0/ports/1/hostPort"}} with input as pod({"containers": [{"name": "web", "ports": [{"containerPort": 80}, {"containerPort": 443, "hostPort": 443}]}]})
}

test_absent if {
	no_host_ports.deny == set() with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & no_host_ports.deny == faults with input as pod({"containers": "none"})
}

faults := {{"message": "containers of the pod is not an array", "path": "/config/spec/containers"}, {"message": "the pod has no containers", "path": "/config/spec/containers"}}
