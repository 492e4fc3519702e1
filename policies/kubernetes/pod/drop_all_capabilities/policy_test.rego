package kubernetes.pod.drop_all_capabilities_test

import data.kubernetes.pod.drop_all_capabilities

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_all_dropped if {
	given := pod({"containers": [{"name": "web", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}}]})
	drop_all_capabilities.deny == set() with input as given
}

test_some_dropped if {
	expected := {
		{
			"message": "container web does not drop all capabilities",
			"path": "/config/spec/containers/0/securityContext/capabilities/drop",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}]})
	drop_all_capabilities.deny == expected with input as given
}

test_added if {
	expected := {
		{
			"message": "container web adds capabilities other than NET_BIND_SERVICE",
			"path": "/config/spec/containers/0/securityContext/capabilities/add",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}}]})
	drop_all_capabilities.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web does not drop all capabilities",
			"path": "/config/spec/containers/0/securityContext/capabilities/drop",
		},
	}
	drop_all_capabilities.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & drop_all_capabilities.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}

test_applies_to_linux if {
	drop_all_capabilities.applies with input as pod({})
	not drop_all_capabilities.applies with input as pod({"os": {"name": "windows"}})
}
