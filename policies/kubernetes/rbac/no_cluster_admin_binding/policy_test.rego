package kubernetes.rbac.no_cluster_admin_binding_test

import data.kubernetes.rbac.no_cluster_admin_binding

test_another_role if {
	no_cluster_admin_binding.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"roleRef": {"kind": "ClusterRole", "name": "view"}}}
}

test_cluster_admin if {
	no_cluster_admin_binding.deny == {{"message": "the binding gives cluster-admin", "path": "/config/roleRef/name"}} with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}}
}

test_absent if {
	no_cluster_admin_binding.deny == {{"message": "the binding names no role", "path": "/config/roleRef/name"}} with input as {"type": "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "config": {}}
}
