# METADATA
# title: Functions have no secrets in their environment
# description: >-
#   Variables of the environment are shown to everybody who may look at the function, and end up in code and state
#   files.
# related_resources:
# - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
# custom:
#   severity: high
#   types: [AWS::Lambda::Function]
#   fix: >-
#     Keep the secret in Secrets Manager or Parameter Store, and give the function its name and the right to read
#     it. Change the secret.
package aws.lambda.env_secrets

# The value never goes into the message.
deny contains {
	"message": sprintf("the variable %s holds what looks like a secret", [name]),
	"path": sprintf("/config/Environment/Variables/%s", [replace(replace(name, "~", "~0"), "/", "~1")]),
} if {
	some name, value in input.config.Environment.Variables
	is_string(value)
	is_secret(name, value)
}

# The id of an access key of AWS: 20 characters, long-lived or of a session.
is_secret(_, value) if {
	some prefix in {"AKIA", "ASIA"}
	startswith(value, prefix)
	count(value) == 20
	upper(value) == value
}

is_secret(_, value) if {
	contains(value, "-----BEGIN")
	contains(value, "PRIVATE KEY-----")
}

secret_names := {
	"ACCESS_TOKEN",
	"API_KEY",
	"CLIENT_SECRET",
	"JWT_SECRET",
	"PASSWD",
	"PASSWORD",
	"PRIVATE_KEY",
	"SECRET_ACCESS_KEY",
	"SECRET_KEY",
}

is_secret(name, value) if {
	some suffix in secret_names
	endswith(upper(name), suffix)
	count(value) >= 8
	not is_reference(value)
}

# The name of a secret that is kept elsewhere.
is_reference(value) if {
	some prefix in {"/", "arn:", "http://", "https://", "kms:", "secretsmanager:", "ssm:", "{{", "${"}
	startswith(value, prefix)
}
