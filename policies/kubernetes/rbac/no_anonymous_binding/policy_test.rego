package kubernetes.rbac.no_anonymous_binding_test

import data.kubernetes.rbac.no_anonymous_binding

test_named_subject if {
	no_anonymous_binding.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"subjects": [{"kind": "User", "name": "ada"}]}}
}

test_anonymous if {
	no_anonymous_binding.deny == {{"message": "the binding is for system:anonymous", "path": "/config/subjects/1/name"}} with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"subjects": [{"kind": "User", "name": "ada"}, {"kind": "User", "name": "system:anonymous"}]}}
}

test_malformed if {
	no_anonymous_binding.deny == {{"message": "the subjects are not an array of objects", "path": "/config/subjects"}} with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"subjects": "system:anonymous"}}
}

test_absent if {
	no_anonymous_binding.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {}}
}
