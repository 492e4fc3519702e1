package kubernetes.pod.no_default_namespace_test

import data.kubernetes.pod.no_default_namespace

test_own_namespace if {
	no_default_namespace.deny == set() with input as {"type": "v1/Pod", "config": {"metadata": {"namespace": "orders"}}}
}

test_default_namespace if {
	expected := {
		{
			"message": "it is in the default namespace, or in whichever is current when it is applied",
			"path": "/config/metadata/namespace",
		},
	}
	given := {"type": "v1/Pod", "config": {"metadata": {"namespace": "default"}}}
	no_default_namespace.deny == expected with input as given
}

test_another_type if {
	expected := {
		{
			"message": "it is in the default namespace, or in whichever is current when it is applied",
			"path": "/config/metadata/namespace",
		},
	}
	given := {"type": "v1/Pod", "config": {"metadata": {"namespace": ["orders"]}}}
	no_default_namespace.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "it is in the default namespace, or in whichever is current when it is applied",
			"path": "/config/metadata/namespace",
		},
	}
	no_default_namespace.deny == expected with input as {"type": "v1/Pod", "config": {"metadata": {}}}
}
