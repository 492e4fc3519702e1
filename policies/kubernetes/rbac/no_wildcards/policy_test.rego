package kubernetes.rbac.no_wildcards_test

import data.kubernetes.rbac.no_wildcards

test_named if {
	no_wildcards.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}}
}

test_wildcards if {
	no_wildcards.deny == {{"message": "a rule allows all resources", "path": "/config/rules/0/resources"}, {"message": "a rule allows all verbs", "path": "/config/rules/0/verbs"}} with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["pods", "*"], "verbs": ["*"]}]}}
}

test_another_type if {
	no_wildcards.deny == {{"message": "a rule allows all verbs", "path": "/config/rules/0/verbs"}} with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"verbs": "*"}]}}
}

test_malformed if {
	no_wildcards.deny == {{"message": "the rules of the role are not an array of objects", "path": "/config/rules"}} with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": ["*"]}}
}

test_absent if {
	no_wildcards.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {}}
}
