package kubernetes.namespace.pod_security_label_test

import data.kubernetes.namespace.pod_security_label

test_restricted if {
	pod_security_label.deny == set() with input as {"type": "v1/Namespace", "config": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}}
}

test_privileged if {
	pod_security_label.deny == {{"message": "the namespace enforces neither the restricted nor the baseline pod security standard", "path": "/config/metadata/labels/pod-security.kubernetes.io~1enforce"}} with input as {"type": "v1/Namespace", "config": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}}
}

test_absent if {
	pod_security_label.deny == {{"message": "the namespace enforces neither the restricted nor the baseline pod security standard", "path": "/config/metadata/labels/pod-security.kubernetes.io~1enforce"}} with input as {"type": "v1/Namespace", "config": {}}
}
