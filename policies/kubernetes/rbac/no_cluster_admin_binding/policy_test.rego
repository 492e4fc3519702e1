package kubernetes.rbac.no_cluster_admin_binding_test

import data.kubernetes.rbac.no_cluster_admin_binding

test_another_role if {
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"roleRef": {"kind": "ClusterRole", "name": "view"}}}
	no_cluster_admin_binding.deny == set() with input as given
}

test_cluster_admin if {
	expected := {{"message": "the binding gives cluster-admin", "path": "/config/roleRef/name"}}
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}}
	no_cluster_admin_binding.deny == expected with input as given
}

test_absent if {
	expected := {{"message": "the binding names no role", "path": "/config/roleRef/name"}}
	given := {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {}}
	no_cluster_admin_binding.deny == expected with input as given
}
