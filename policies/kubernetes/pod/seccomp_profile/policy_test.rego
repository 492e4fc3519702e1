package kubernetes.pod.seccomp_profile_test

import data.kubernetes.pod.seccomp_profile

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_runtime_default if {
	given := pod({"containers": [{"name": "web", "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}]})
	seccomp_profile.deny == set() with input as given
}

test_from_the_pod if {
	given := pod({"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "web.json"}}})
	seccomp_profile.deny == set() with input as given
}

test_unconfined if {
	expected := {
		{
			"message": "container web runs without a seccomp profile",
			"path": "/config/spec/containers/0/securityContext/seccompProfile/type",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}]})
	seccomp_profile.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web runs without a seccomp profile",
			"path": "/config/spec/containers/0/securityContext/seccompProfile/type",
		},
	}
	seccomp_profile.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & seccomp_profile.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}

test_applies_to_linux if {
	seccomp_profile.applies with input as pod({})
	not seccomp_profile.applies with input as pod({"os": {"name": "windows"}})
}
