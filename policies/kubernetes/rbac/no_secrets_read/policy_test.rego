package kubernetes.rbac.no_secrets_read_test

import data.kubernetes.rbac.no_secrets_read

test_other_resources if {
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]}}
	no_secrets_read.deny == set() with input as given
}

test_named_secrets if {
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["web"], "verbs": ["get"]}]}}
	no_secrets_read.deny == set() with input as given
}

test_every_secret if {
	expected := {{"message": "a rule allows to read every secret", "path": "/config/rules/0/resources"}}
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": ["", "apps"], "resources": ["pods", "secrets"], "verbs": ["list"]}]}}
	no_secrets_read.deny == expected with input as given
}

test_wildcards if {
	expected := {{"message": "a rule allows to read every secret", "path": "/config/rules/0/resources"}}
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}}
	no_secrets_read.deny == expected with input as given
}

test_malformed if {
	expected := {{"message": "the rules of the role are not an array of objects", "path": "/config/rules"}}
	given := {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": "all"}}
	no_secrets_read.deny == expected with input as given
}

test_absent if {
	no_secrets_read.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {}}
}
