# METADATA
# title: No role is bound to anonymous users
# description: >-
#   Whoever reaches the API server, without any credential, has what anonymous users are bound to.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: critical
#   types: [rbac.authorization.k8s.io/v1/ClusterRoleBinding, rbac.authorization.k8s.io/v1/RoleBinding]
#   fix: >-
#     Remove `system:anonymous` and `system:unauthenticated` from the subjects, and bind named users, groups or
#     service accounts.
package kubernetes.rbac.no_anonymous_binding

# The cluster brings this one: its version and its health.
applies if not built_in

built_in if {
	input.config.metadata.name == "system:public-info-viewer"
	input.config.roleRef.name == "system:public-info-viewer"
}

deny contains {"message": message, "path": path} if {
	some index, subject in input.config.subjects
	subject.name in {"system:anonymous", "system:unauthenticated"}
	path := concat("/", ["/config/subjects", format_int(index, 10), "name"])
	message := sprintf("the binding is for %s", [subject.name])
}

deny contains {"message": "the subjects are not an array of objects", "path": "/config/subjects"} if {
	subjects := input.config.subjects
	not readable(subjects)
}

readable(null)

readable(subjects) if {
	is_array(subjects)
	every subject in subjects {
		is_object(subject)
	}
}
