package kubernetes.rbac.no_wildcards_test

import data.kubernetes.rbac.no_wildcards

test_named if {
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}}
	no_wildcards.deny == set() with input as given
}

test_wildcards if {
	expected := {
		{
			"message": "a rule allows all resources",
			"path": "/config/rules/0/resources",
		},
		{
			"message": "a rule allows all verbs",
			"path": "/config/rules/0/verbs",
		},
	}
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["pods", "*"], "verbs": ["*"]}]}}
	no_wildcards.deny == expected with input as given
}

test_another_type if {
	expected := {{"message": "a rule allows all verbs", "path": "/config/rules/0/verbs"}}
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"verbs": "*"}]}}
	no_wildcards.deny == expected with input as given
}

test_malformed if {
	expected := {{"message": "the rules of the role are not an array of objects", "path": "/config/rules"}}
	no_wildcards.deny == expected with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": ["*"]}}
}

test_absent if {
	no_wildcards.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {}}
}
