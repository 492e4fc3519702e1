# METADATA
# title: Roles name what they allow
# description: >-
#   A wildcard allows what nobody thought of, and every resource that a later version or extension of the cluster
#   brings.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: high
#   types: [rbac.authorization.k8s.io/v1/ClusterRole, rbac.authorization.k8s.io/v1/Role]
#   fix: >-
#     List the API groups, resources and verbs that are needed instead of `*`.
package kubernetes.rbac.no_wildcards

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some index, rule in input.config.rules
	some part in {"apiGroups", "nonResourceURLs", "resources", "verbs"}
	not named(kubernetes.field(rule, [part], []))
	path := concat("/", ["/config/rules", format_int(index, 10), part])
	message := sprintf("a rule allows all %s", [part])
}

named(values) if {
	is_array(values)
	not "*" in values
}

deny contains {"message": "the rules of the role are not an array of objects", "path": "/config/rules"} if {
	rules := input.config.rules
	not readable(rules)
}

readable(null)

readable(rules) if {
	is_array(rules)
	every rule in rules {
		is_object(rule)
	}
}
