package lib.kubernetes_test

import data.lib.kubernetes

pod(spec) := {"type": "v1/Pod", "config": {"spec": spec}}

test_pod_specs_by_kind if {
	spec := {"containers": [{"name": "a"}]}
	inputs := {
		"/config/spec": pod(spec),
		"/config/spec/template/spec": {"type": "apps/v1/Deployment", "config": {"spec": {"template": {"spec": spec}}}},
		"/config/spec/jobTemplate/spec/template/spec": {
			"type": "batch/v1/CronJob",
			"config": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}},
		},
	}
	every path, workload in inputs {
		kubernetes.spec_path == path with input as workload
		kubernetes.pod_spec == spec with input as workload
		kubernetes.malformed == set() with input as workload
		container := {"list": "containers", "path": concat("", [path, "/containers/0"]), "name": "a", "spec": {"name": "a"}}
		kubernetes.containers == {container} with input as workload
	}
}

test_containers_of_all_lists if {
	names := {container.name | some container in kubernetes.containers} with input as pod({
		"containers": [{"name": "a"}],
		"initContainers": [{"name": "b"}],
		"ephemeralContainers": [{"name": "c"}, {}],
	})
	names == {"a", "b", "c", "without a name"}
}

test_effective_takes_the_container_first if {
	spec := {"securityContext": {"runAsUser": 1}}
	kubernetes.effective({"spec": {"securityContext": {"runAsUser": 2}}}, ["runAsUser"]) == 2 with input as pod(spec)
	kubernetes.effective({"spec": {"securityContext": {"runAsUser": null}}}, ["runAsUser"]) == 1 with input as pod(spec)
	kubernetes.effective({"spec": {"securityContext": false}}, ["runAsUser"]) == 1 with input as pod(spec)
	kubernetes.effective({"spec": {}}, ["runAsUser"]) == null with input as pod({})
}

test_malformed_pods if {
	cases := [
		[null, {{"message": "the pod spec is missing or not an object", "path": "/config/spec"}}],
		[{}, {{"message": "the pod has no containers", "path": "/config/spec/containers"}}],
		[{"containers": []}, {{"message": "the pod has no containers", "path": "/config/spec/containers"}}],
		[{"containers": {"0": {}}}, {
			{"message": "the pod has no containers", "path": "/config/spec/containers"},
			{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
		}],
		[{"containers": ["a"]}, {{"message": "an element of containers is not an object", "path": "/config/spec/containers/0"}}],
		[{"containers": [{"name": "a", "securityContext": true, "env": [1], "ports": null}], "volumes": "none"}, {
			{"message": "volumes of the pod is not an array", "path": "/config/spec/volumes"},
			{"message": "securityContext of container a is not an object", "path": "/config/spec/containers/0/securityContext"},
			{"message": "an element of env of container a is not an object", "path": "/config/spec/containers/0/env/0"},
		}],
	]
	every example in cases {
		kubernetes.malformed == example[1] with input as pod(example[0])
	}
}

test_a_workload_without_a_template_is_malformed if {
	expected := {{"message": "the pod spec is missing or not an object", "path": "/config/spec/template/spec"}}
	kubernetes.malformed == expected with input as {"type": "apps/v1/Deployment", "config": {"spec": {}}}
}
