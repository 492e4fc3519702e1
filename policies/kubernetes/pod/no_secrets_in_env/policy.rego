# METADATA
# title: Environment variables do not hold secrets in clear text
# description: >-
#   A secret in a manifest is in the repository, in the API's history and in every description of the pod.
# related_resources:
# - https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   severity: high
#   types:
#   - v1/Pod
#   - apps/v1/Deployment
#   - apps/v1/StatefulSet
#   - apps/v1/DaemonSet
#   - apps/v1/ReplicaSet
#   - v1/ReplicationController
#   - batch/v1/Job
#   - batch/v1/CronJob
#   fix: >-
#     Keep the value in a Secret or a secret store, and refer to it with `valueFrom.secretKeyRef`.
package kubernetes.pod.no_secrets_in_env

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	some index, variable in container.spec.env
	value := kubernetes.field(variable, ["value"], "")
	is_secret(variable, value)
	path := concat("/", [container.path, "env", format_int(index, 10), "value"])
	name := kubernetes.name_of(variable)
	message := sprintf("container %s has a secret in the environment variable %s", [container.name, name])
}

is_secret(variable, value) if {
	value != ""
	not is_reference(value)
	regex.match(`(?i)(passw(or)?d|secret|token|api_?key|access_?key|private_?key|credential)`, variable.name)
	not regex.match(concat("", [`(?i)_(`, concat("|", about), `)$`]), variable.name)
}

# What a name ends with when it is about a secret, and not the secret.
about := {
	"file", "path", "dir", "name", "url", "uri", "arn", "id", "host", "port", "user", "username",
	"ttl", "expiry", "enabled", "issuer", "endpoint", "length", "header", "type",
}

is_secret(_, value) if {
	some form in forms
	regex.match(form, value)
}

# Values that are secrets by their form: AWS, GitHub and Slack keys, private keys, addresses with a password.
forms := {
	`(AKIA|ASIA)[0-9A-Z]{16}`,
	`gh[pousr]_[A-Za-z0-9]{36}`,
	`xox[abprs]-[0-9A-Za-z-]{10}`,
	`-----BEGIN [A-Z ]*PRIVATE KEY-----`,
	`://[^/:@\s]*:[^/@$\s][^/@\s]*@`,
}

# `$(NAME)` is the value of another variable.
is_reference(value) if regex.match(`^\$\([A-Za-z0-9_.-]+\)$`, value)

deny contains fault if some fault in kubernetes.malformed
