package kubernetes.pod.no_secrets_in_env_test

import data.kubernetes.pod.no_secrets_in_env

# The pod's containers are one without properties, unless the case has its own.
pod(spec) := {
	"type": "v1/Pod",
	"config": {"spec": object.union({"containers": [{"name": "web"}]}, spec)},
}

test_from_a_secret if {
	given := pod({"containers": [{"name": "web", "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]}]})
	no_secrets_in_env.deny == set() with input as given
}

test_about_a_secret if {
	given := pod({"containers": [{"name": "web", "env": [{"name": "DB_PASSWORD_FILE", "value": "/run/db"}, {"name": "TOKEN", "value": "$(OTHER)"}, {"name": "URL", "value": "https://example.com/a:b@c"}]}]})
	no_secrets_in_env.deny == set() with input as given
}

test_by_name if {
	expected := {
		{
			"message": "container web has a secret in the environment variable DB_PASSWORD",
			"path": "/config/spec/containers/0/env/1/value",
		},
	}
	given := pod({"containers": [{"name": "web", "env": [{"name": "LEVEL", "value": "info"}, {"name": "DB_PASSWORD", "value": "x"}]}]})
	no_secrets_in_env.deny == expected with input as given
}

test_another_type if {
	expected := {
		{
			"message": "container web has a secret in the environment variable API_KEY",
			"path": "/config/spec/containers/0/env/0/value",
		},
	}
	given := pod({"containers": [{"name": "web", "env": [{"name": "API_KEY", "value": 1234}]}]})
	no_secrets_in_env.deny == expected with input as given
}

test_by_value if {
	expected := {
		{
			"message": "container web has a secret in the environment variable DATABASE",
			"path": "/config/spec/containers/0/env/0/value",
		},
	}
	given := pod({"containers": [{"name": "web", "env": [{"name": "DATABASE", "value": "postgres://app:hunter2@db/app"}]}]})
	no_secrets_in_env.deny == expected with input as given
}

test_absent if {
	no_secrets_in_env.deny == set() with input as pod({"containers": [{"name": "web"}]})
}

test_malformed if {
	faults & no_secrets_in_env.deny == faults with input as pod({"containers": "none"})
}

faults := {
	{"message": "containers of the pod is not an array", "path": "/config/spec/containers"},
	{"message": "the pod has no containers", "path": "/config/spec/containers"},
}
