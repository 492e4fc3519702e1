package kubernetes.namespace.pod_security_label_test

import data.kubernetes.namespace.pod_security_label

test_restricted if {
	given := {"type": "v1/Namespace", "config": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}}
	pod_security_label.deny == set() with input as given
}

test_privileged if {
	expected := {
		{
			"message": "the namespace enforces neither the restricted nor the baseline pod security standard",
			"path": "/config/metadata/labels/pod-security.kubernetes.io~1enforce",
		},
	}
	given := {"type": "v1/Namespace", "config": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}}
	pod_security_label.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "the namespace enforces neither the restricted nor the baseline pod security standard",
			"path": "/config/metadata/labels/pod-security.kubernetes.io~1enforce",
		},
	}
	pod_security_label.deny == expected with input as {"type": "v1/Namespace", "config": {}}
}
