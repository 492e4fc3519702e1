package kubernetes.pod.no_privileged_test

import data.kubernetes.pod.no_privileged

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {"type": "v1/Pod", "config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)}}

test_privileged_is_false if {
	no_privileged.deny == set() with input as pod({"containers": [{"name": "web", "securityContext": {"privileged": false}}]})
}

test_privileged if {
	no_privileged.deny == {{"message": "container web is privileged", "path": "/config/spec/containers/0/securityContext/privileged"}} with input as pod({"containers": [{"name": "web", "securityContext": {"privileged": true}}]})
}

test_another_type_is_not_false if {
	no_privileged.deny == {{"message": "container web is privileged", "path": "/config/spec/containers/0/securityContext/privileged"}} with input as pod({"containers": [{"name": "web", "securityContext": {"privileged": "false"}}]})
}

test_absent if {
	no_privileged.deny == set() with input as pod({"containers": [{"name": "web"}]})
}

test_init_container if {
	no_privileged.deny == {{"message": "container init is privileged", "path": "/config/spec/initContainers/0/securityContext/privileged"}} with input as pod({"initContainers": [{"name": "init", "securityContext": {"privileged": true}}]})
}

test_host_process if {
	no_privileged.deny == {{"message": "container web runs as a process of its Windows node", "path": "/config/spec/containers/0/securityContext/windowsOptions/hostProcess"}} with input as pod({"securityContext": {"windowsOptions": {"hostProcess": true}}})
}

test_malformed if {
	faults & no_privileged.deny == faults with input as pod({"containers": "none"})
}

faults := {{"message": "containers of the pod is not an array", "path": "/config/spec/containers"}, {"message": "the pod has no containers", "path": "/config/spec/containers"}}
