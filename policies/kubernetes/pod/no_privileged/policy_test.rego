package kubernetes.pod.no_privileged_test

import data.kubernetes.pod.no_privileged

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_privileged_is_false if {
	given := pod({"containers": [{"name": "web", "securityContext": {"privileged": false}}]})
	no_privileged.deny == set() with input as given
}

test_privileged if {
	expected := {
		{
			"message": "container web is privileged",
			"path": "/config/spec/containers/0/securityContext/privileged",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"privileged": true}}]})
	no_privileged.deny == expected with input as given
}

test_another_type_is_not_false if {
	expected := {
		{
			"message": "container web is privileged",
			"path": "/config/spec/containers/0/securityContext/privileged",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"privileged": "false"}}]})
	no_privileged.deny == expected with input as given
}

test_absent if {
	no_privileged.deny == set() with input as pod({"containers": [{"name": "web"}]})
}

test_init_container if {
	expected := {
		{
			"message": "container init is privileged",
			"path": "/config/spec/initContainers/0/securityContext/privileged",
		},
	}
	given := pod({"initContainers": [{"name": "init", "securityContext": {"privileged": true}}]})
	no_privileged.deny == expected with input as given
}

test_host_process if {
	expected := {
		{
			"message": "container web runs as a process of its Windows node",
			"path": "/config/spec/containers/0/securityContext/windowsOptions/hostProcess",
		},
	}
	no_privileged.deny == expected with input as pod({"securityContext": {"windowsOptions": {"hostProcess": true}}})
}

test_malformed if {
	faults & no_privileged.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
