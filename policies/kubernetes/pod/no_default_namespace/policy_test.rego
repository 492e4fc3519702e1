package kubernetes.pod.no_default_namespace_test

import data.kubernetes.pod.no_default_namespace

test_own_namespace if {
	no_default_namespace.deny == set() with input as {"type": "v1/Pod", "config": {"metadata": {"namespace": "orders"}}}
}

test_default_namespace if {
	no_default_namespace.deny == {{"message": "it is in the default namespace, or in whichever is current when it is applied", "path": "/config/metadata/namespace"}} with input as {"type": "v1/Pod", "config": {"metadata": {"namespace": "default"}}}
}

test_another_type if {
	no_default_namespace.deny == {{"message": "it is in the default namespace, or in whichever is current when it is applied", "path": "/config/metadata/namespace"}} with input as {"type": "v1/Pod", "config": {"metadata": {"namespace": ["orders"]}}}
}

test_absent if {
	no_default_namespace.deny == {{"message": "it is in the default namespace, or in whichever is current when it is applied", "path": "/config/metadata/namespace"}} with input as {"type": "v1/Pod", "config": {"metadata": {}}}
}
