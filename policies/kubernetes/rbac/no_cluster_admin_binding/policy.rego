# METADATA
# title: Nobody is bound to cluster-admin
# description: >-
#   The role cluster-admin allows everything; one stolen token of one that is bound to it is the whole cluster.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: critical
#   types: [rbac.authorization.k8s.io/v1/ClusterRoleBinding, rbac.authorization.k8s.io/v1/RoleBinding]
#   fix: >-
#     Bind to a role with what is needed, and keep cluster-admin for a break-glass group outside the cluster.
package kubernetes.rbac.no_cluster_admin_binding

# The cluster brings this one, for its own emergency group.
applies if not built_in

built_in if {
	input.config.metadata.name == "cluster-admin"
	input.config.roleRef.name == "cluster-admin"
	count(input.config.subjects) == 1
	input.config.subjects[0].kind == "Group"
	input.config.subjects[0].name == "system:masters"
}

deny contains {"message": "the binding gives cluster-admin", "path": "/config/roleRef/name"} if {
	input.config.roleRef.name == "cluster-admin"
}

deny contains {"message": "the binding names no role", "path": "/config/roleRef/name"} if not names_role

names_role if is_string(input.config.roleRef.name)
