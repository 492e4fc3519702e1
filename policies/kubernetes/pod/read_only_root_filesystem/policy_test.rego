package kubernetes.pod.read_only_root_filesystem_test

import data.kubernetes.pod.read_only_root_filesystem

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_read_only if {
	given := pod({"containers": [{"name": "web", "securityContext": {"readOnlyRootFilesystem": true}}]})
	read_only_root_filesystem.deny == set() with input as given
}

test_writable if {
	expected := {
		{
			"message": "container web can write to its root file system",
			"path": "/config/spec/containers/0/securityContext/readOnlyRootFilesystem",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"readOnlyRootFilesystem": false}}]})
	read_only_root_filesystem.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web can write to its root file system",
			"path": "/config/spec/containers/0/securityContext/readOnlyRootFilesystem",
		},
	}
	read_only_root_filesystem.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & read_only_root_filesystem.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}

test_applies_to_linux if {
	read_only_root_filesystem.applies with input as pod({})
	not read_only_root_filesystem.applies with input as pod({"os": {"name": "windows"}})
}
