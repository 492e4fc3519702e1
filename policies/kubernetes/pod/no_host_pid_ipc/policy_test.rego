package kubernetes.pod.no_host_pid_ipc_test

import data.kubernetes.pod.no_host_pid_ipc

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_own if {
	no_host_pid_ipc.deny == set() with input as pod({"hostPID": false, "hostIPC": false})
}

test_shared if {
	expected := {
		{
			"message": "the pod is in a namespace of its node: hostPID is not false",
			"path": "/config/spec/hostPID",
		},
		{
			"message": "the pod is in a namespace of its node: hostIPC is not false",
			"path": "/config/spec/hostIPC",
		},
	}
	no_host_pid_ipc.deny == expected with input as pod({"hostPID": true, "hostIPC": true})
}

test_absent if {
	no_host_pid_ipc.deny == set() with input as pod({})
}

test_malformed if {
	faults & no_host_pid_ipc.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
