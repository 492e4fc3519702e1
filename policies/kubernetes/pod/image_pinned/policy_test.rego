package kubernetes.pod.image_pinned_test

import data.kubernetes.pod.image_pinned

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_version_tag if {
	given := pod({"containers": [{"name": "web", "image": "registry.example.com:5000/team/web:1.4.2"}]})
	image_pinned.deny == set() with input as given
}

test_digest if {
	given := pod({"containers": [{"name": "web", "image": "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]})
	image_pinned.deny == set() with input as given
}

test_latest if {
	expected := {
		{"message": "the image of container web names no version", "path": "/config/spec/containers/0/image"},
	}
	image_pinned.deny == expected with input as pod({"containers": [{"name": "web", "image": "web:latest"}]})
}

test_no_tag if {
	expected := {
		{"message": "the image of container web names no version", "path": "/config/spec/containers/0/image"},
	}
	given := pod({"containers": [{"name": "web", "image": "registry.example.com:5000/web"}]})
	image_pinned.deny == expected with input as given
}

test_half_a_digest if {
	expected := {
		{"message": "the image of container web names no version", "path": "/config/spec/containers/0/image"},
	}
	image_pinned.deny == expected with input as pod({"containers": [{"name": "web", "image": "web@sha256:0123"}]})
}

test_another_type if {
	expected := {
		{"message": "the image of container web names no version", "path": "/config/spec/containers/0/image"},
	}
	image_pinned.deny == expected with input as pod({"containers": [{"name": "web", "image": 7}]})
}

test_absent if {
	expected := {
		{"message": "the image of container web names no version", "path": "/config/spec/containers/0/image"},
	}
	image_pinned.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & image_pinned.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
