# METADATA
# title: Roles do not read every secret
# description: >-
#   Whoever may read all secrets of a namespace has the tokens and passwords of everything that runs in it; of a
#   cluster, the cluster.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/rbac-good-practices/#secrets
# custom:
#   severity: high
#   types: [rbac.authorization.k8s.io/v1/ClusterRole, rbac.authorization.k8s.io/v1/Role]
#   fix: >-
#     Name the secrets in `resourceNames`, or mount them into the pods that need them.
package kubernetes.rbac.no_secrets_read

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some index, rule in input.config.rules
	overlap(rule, "apiGroups", {"", "*"})
	overlap(rule, "resources", {"*", "secrets"})
	overlap(rule, "verbs", {"*", "get", "list", "watch"})
	kubernetes.field(rule, ["resourceNames"], []) == []
	path := concat("/", ["/config/rules", format_int(index, 10), "resources"])
	message := "a rule allows to read every secret"
}

overlap(rule, part, wanted) if {
	some value in rule[part]
	value in wanted
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
