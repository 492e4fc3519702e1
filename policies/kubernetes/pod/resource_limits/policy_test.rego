package kubernetes.pod.resource_limits_test

import data.kubernetes.pod.resource_limits

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {"type": "v1/Pod", "config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)}}

test_bounded if {
	resource_limits.deny == set() with input as pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "64Mi"}, "requests": {"cpu": "100m"}}}]})
}

test_numbers if {
	resource_limits.deny == set() with input as pod({"containers": [{"name": "web", "resources": {"limits": {"memory": 67108864, "cpu": 0.5}}}]})
}

test_bounds_of_the_pod if {
	resource_limits.deny == set() with input as pod({"resources": {"limits": {"memory": "1Gi", "cpu": "1"}}})
}

test_no_cpu if {
	resource_limits.deny == {{"message": "container web neither requests CPU nor is limited in it", "path": "/config/spec/containers/0/resources/requests/cpu"}} with input as pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "64Mi"}}}]})
}

test_zero_is_no_limit if {
	resource_limits.deny == {{"message": "container web has no memory limit", "path": "/config/spec/containers/0/resources/limits/memory"}} with input as pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "0", "cpu": 1}}}]})
}

test_not_a_quantity if {
	resource_limits.deny == {{"message": "container web has no memory limit", "path": "/config/spec/containers/0/resources/limits/memory"}, {"message": "container web neither requests CPU nor is limited in it", "path": "/config/spec/containers/0/resources/requests/cpu"}} with input as pod({"containers": [{"name": "web", "resources": {"limits": {"memory": "much", "cpu": true}}}]})
}

test_absent if {
	resource_limits.deny == {{"message": "container web has no memory limit", "path": "/config/spec/containers/0/resources/limits/memory"}, {"message": "container web neither requests CPU nor is limited in it", "path": "/config/spec/containers/0/resources/requests/cpu"}} with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & resource_limits.deny == faults with input as pod({"containers": "none"})
}

faults := {{"message": "containers of the pod is not an array", "path": "/config/spec/containers"}, {"message": "the pod has no containers", "path": "/config/spec/containers"}}
