package kubernetes.rbac.no_anonymous_binding_test

import data.kubernetes.rbac.no_anonymous_binding

test_named_subject if {
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"subjects": [{"kind": "User", "name": "ada"}]}}
	no_anonymous_binding.deny == set() with input as given
}

test_anonymous if {
	expected := {{"message": "the binding is for system:anonymous", "path": "/config/subjects/1/name"}}
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"subjects": [{"kind": "User", "name": "ada"}, {"kind": "User", "name": "system:anonymous"}]}}
	no_anonymous_binding.deny == expected with input as given
}

test_malformed if {
	expected := {{"message": "the subjects are not an array of objects", "path": "/config/subjects"}}
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"subjects": "system:anonymous"}}
	no_anonymous_binding.deny == expected with input as given
}

test_absent if {
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {}}
	no_anonymous_binding.deny == set() with input as given
}
