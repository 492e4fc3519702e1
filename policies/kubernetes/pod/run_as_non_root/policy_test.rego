package kubernetes.pod.run_as_non_root_test

import data.kubernetes.pod.run_as_non_root

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_non_root if {
	given := pod({"containers": [{"name": "web", "securityContext": {"runAsNonRoot": true}}]})
	run_as_non_root.deny == set() with input as given
}

test_user_id if {
	given := pod({"containers": [{"name": "web", "securityContext": {"runAsUser": 1000}}]})
	run_as_non_root.deny == set() with input as given
}

test_from_the_pod if {
	run_as_non_root.deny == set() with input as pod({"securityContext": {"runAsNonRoot": true}})
}

test_the_container_overrides_the_pod if {
	expected := {
		{
			"message": "container web may run as root",
			"path": "/config/spec/containers/0/securityContext/runAsNonRoot",
		},
	}
	given := pod({"securityContext": {"runAsNonRoot": true}, "containers": [{"name": "web", "securityContext": {"runAsNonRoot": false}}]})
	run_as_non_root.deny == expected with input as given
}

test_root_user if {
	expected := {
		{
			"message": "container web may run as root",
			"path": "/config/spec/containers/0/securityContext/runAsUser",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"runAsNonRoot": true, "runAsUser": 0}}]})
	run_as_non_root.deny == expected with input as given
}

test_another_type if {
	expected := {
		{
			"message": "container web may run as root",
			"path": "/config/spec/containers/0/securityContext/runAsNonRoot",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"runAsNonRoot": "true"}}]})
	run_as_non_root.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web may run as root",
			"path": "/config/spec/containers/0/securityContext/runAsNonRoot",
		},
	}
	run_as_non_root.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & run_as_non_root.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
