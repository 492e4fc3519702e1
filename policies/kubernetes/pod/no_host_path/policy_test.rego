package kubernetes.pod.no_host_path_test

import data.kubernetes.pod.no_host_path

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_other_volume if {
	no_host_path.deny == set() with input as pod({"volumes": [{"name": "a", "emptyDir": {}}]})
}

test_host_path if {
	expected := {{"message": "the pod mounts a folder of its node", "path": "/config/spec/volumes/1/hostPath"}}
	given := pod({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}}]})
	no_host_path.deny == expected with input as given
}

test_absent if {
	no_host_path.deny == set() with input as pod({})
}

test_malformed if {
	faults & no_host_path.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
