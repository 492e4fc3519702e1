package kubernetes.pod.no_default_service_account_token_test

import data.kubernetes.pod.no_default_service_account_token

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_own_account if {
	no_default_service_account_token.deny == set() with input as pod({"serviceAccountName": "web"})
}

test_not_mounted if {
	no_default_service_account_token.deny == set() with input as pod({"automountServiceAccountToken": false})
}

test_default_account if {
	expected := {
		{
			"message": "the pod carries the token of the default service account",
			"path": "/config/spec/automountServiceAccountToken",
		},
	}
	given := pod({"serviceAccountName": "default", "automountServiceAccountToken": true})
	no_default_service_account_token.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "the pod carries the token of the default service account",
			"path": "/config/spec/automountServiceAccountToken",
		},
	}
	no_default_service_account_token.deny == expected with input as pod({})
}

test_malformed if {
	faults & no_default_service_account_token.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
