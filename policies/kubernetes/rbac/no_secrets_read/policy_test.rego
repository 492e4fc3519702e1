package kubernetes.rbac.no_secrets_read_test

import data.kubernetes.rbac.no_secrets_read

test_other_resources if {
	no_secrets_read.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]}}
}

test_named_secrets if {
	no_secrets_read.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["web"], "verbs": ["get"]}]}}
}

test_every_secret if {
	no_secrets_read.deny == {{"message": "a rule allows to read every secret", "path": "/config/rules/0/resources"}} with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": ["", "apps"], "resources": ["pods", "secrets"], "verbs": ["list"]}]}}
}

test_wildcards if {
	no_secrets_read.deny == {{"message": "a rule allows to read every secret", "path": "/config/rules/0/resources"}} with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}}
}

test_malformed if {
	no_secrets_read.deny == {{"message": "the rules of the role are not an array of objects", "path": "/config/rules"}} with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {"rules": "all"}}
}

test_absent if {
	no_secrets_read.deny == set() with input as {"type": "rbac.authorization.k8s.io/v1/Role", "config": {}}
}
