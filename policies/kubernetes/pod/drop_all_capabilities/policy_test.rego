package kubernetes.pod.drop_all_capabilities_test

import data.kubernetes.pod.drop_all_capabilities

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {"type": "v1/Pod", "config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)}}

test_all_dropped if {
	drop_all_capabilities.deny == set() with input as pod({"containers": [{"name": "web", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}}]})
}

test_some_dropped if {
	drop_all_capabilities.deny == {{"message": "container web does not drop all capabilities", "path": "/config/spec/containers/0/securityContext/capabilities/drop"}} with input as pod({"containers": [{"name": "web", "securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}]})
}

test_added if {
	drop_all_capabilities.deny == {{"message": "container web adds capabilities other than NET_BIND_SERVICE", "path": "/config/spec/containers/0/securityContext/capabilities/add"}} with input as pod({"containers": [{"name": "web", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}}]})
}

test_absent if {
	drop_all_capabilities.deny == {{"message": "container web does not drop all capabilities", "path": "/config/spec/containers/0/securityContext/capabilities/drop"}} with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & drop_all_capabilities.deny == faults with input as pod({"containers": "none"})
}

faults := {{"message": "containers of the pod is not an array", "path": "/config/spec/containers"}, {"message": "the pod has no containers", "path": "/config/spec/containers"}}

test_applies_to_linux if {
	drop_all_capabilities.applies with input as pod({})
	not drop_all_capabilities.applies with input as pod({"os": {"name": "windows"}})
}
