package kubernetes.pod.resource_limits_test

import data.kubernetes.pod.resource_limits

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_bounded if {
	given := pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "64Mi"}, "requests": {"cpu": "100m"}}}]})
	resource_limits.deny == set() with input as given
}

test_numbers if {
	given := pod({"containers": [{"name": "web", "resources": {"limits": {"memory": 67108864, "cpu": 0.5}}}]})
	resource_limits.deny == set() with input as given
}

test_bounds_of_the_pod if {
	resource_limits.deny == set() with input as pod({"resources": {"limits": {"memory": "1Gi", "cpu": "1"}}})
}

test_no_cpu if {
	expected := {
		{
			"message": "container web neither requests CPU nor is limited in it",
			"path": "/config/spec/containers/0/resources/requests/cpu",
		},
	}
	given := pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "64Mi"}}}]})
	resource_limits.deny == expected with input as given
}

test_zero_is_no_limit if {
	expected := {
		{
			"message": "container web has no memory limit",
			"path": "/config/spec/containers/0/resources/limits/memory",
		},
	}
	given := pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "0", "cpu": 1}}}]})
	resource_limits.deny == expected with input as given
}

test_not_a_quantity if {
	expected := {
		{
			"message": "container web has no memory limit",
			"path": "/config/spec/containers/0/resources/limits/memory",
		},
		{
			"message": "container web neither requests CPU nor is limited in it",
			"path": "/config/spec/containers/0/resources/requests/cpu",
		},
	}
	given := pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "much", "cpu": true}}}]})
	resource_limits.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web has no memory limit",
			"path": "/config/spec/containers/0/resources/limits/memory",
		},
		{
			"message": "container web neither requests CPU nor is limited in it",
			"path": "/config/spec/containers/0/resources/requests/cpu",
		},
	}
	resource_limits.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & resource_limits.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
