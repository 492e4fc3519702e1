package kubernetes.pod.no_privilege_escalation_test

import data.kubernetes.pod.no_privilege_escalation

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_forbidden if {
	given := pod({"containers": [{"name": "web", "securityContext": {"allowPrivilegeEscalation": false}}]})
	no_privilege_escalation.deny == set() with input as given
}

test_allowed if {
	expected := {
		{
			"message": "container web can gain privileges: allowPrivilegeEscalation is not false",
			"path": "/config/spec/containers/0/securityContext/allowPrivilegeEscalation",
		},
	}
	given := pod({"containers": [{"name": "web", "securityContext": {"allowPrivilegeEscalation": true}}]})
	no_privilege_escalation.deny == expected with input as given
}

test_absent if {
	expected := {
		{
			"message": "container web can gain privileges: allowPrivilegeEscalation is not false",
			"path": "/config/spec/containers/0/securityContext/allowPrivilegeEscalation",
		},
	}
	no_privilege_escalation.deny == expected with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & no_privilege_escalation.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}

test_applies_to_linux if {
	no_privilege_escalation.applies with input as pod({})
	not no_privilege_escalation.applies with input as pod({"os": {"name": "windows"}})
}
