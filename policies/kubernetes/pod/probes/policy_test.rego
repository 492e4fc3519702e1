package kubernetes.pod.probes_test

import data.kubernetes.pod.probes

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "apps/v1/Deployment",
	"config": {"spec": {"template": {"spec": object.union({"containers": [{"name": "web"}]}, spec)}}},
}

test_both if {
	given := pod({"containers": [{"name": "web", "livenessProbe": {"tcpSocket": {"port": 80}}, "readinessProbe": {"httpGet": {"port": 80}}}]})
	probes.deny == set() with input as given
}

test_one if {
	expected := {
		{
			"message": "container web has no readinessProbe",
			"path": "/config/spec/template/spec/containers/0/readinessProbe",
		},
	}
	given := pod({"containers": [{"name": "web", "livenessProbe": {"tcpSocket": {"port": 80}}}]})
	probes.deny == expected with input as given
}

test_without_a_question if {
	expected := {
		{
			"message": "container web has no livenessProbe",
			"path": "/config/spec/template/spec/containers/0/livenessProbe",
		},
	}
	given := pod({"containers": [{"name": "web", "livenessProbe": {"periodSeconds": 1}, "readinessProbe": {"exec": {"command": ["true"]}}}]})
	probes.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web has no livenessProbe",
			"path": "/config/spec/template/spec/containers/0/livenessProbe",
		},
		{
			"message": "container web has no readinessProbe",
			"path": "/config/spec/template/spec/containers/0/readinessProbe",
		},
	}
	probes.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & probes.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/template/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/template/spec/containers"},
}
