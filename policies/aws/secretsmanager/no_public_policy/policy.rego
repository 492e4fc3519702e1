# METADATA
# title: Secrets are not shared with strangers
# description: >-
#   A secret with a policy for everybody is no secret.
# related_resources:
# - https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
# custom:
#   severity: critical
#   types: [AWS::SecretsManager::Secret]
#   fix: Name the roles in the resource policy of the secret.
package aws.secretsmanager.no_public_policy

import data.lib.iam

# Resource is not read: what it names often does not exist yet, and it does not change who is let in.
open_to_strangers contains i if {
	some i
	iam.is_public_principal(input.config.ResourcePolicy.ResourcePolicy.Statement[i].Principal)
}

# Everybody but those named.
open_to_strangers contains i if {
	some i
	input.config.ResourcePolicy.ResourcePolicy.Statement[i].NotPrincipal
}

narrowed contains i if {
	some i
	iam.narrows(input.config.ResourcePolicy.ResourcePolicy.Statement[i].Condition)
}

deny contains {
	"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
	"path": sprintf("/config/ResourcePolicy/ResourcePolicy/Statement/%d", [i]),
} if {
	some i in open_to_strangers
	is_number(i)
	input.config.ResourcePolicy.ResourcePolicy.Statement[i].Effect == "Allow"
	not i in narrowed
}

# The same for a statement that stands alone.
lone_is_open if iam.is_public_principal(input.config.ResourcePolicy.ResourcePolicy.Statement.Principal)

lone_is_open if input.config.ResourcePolicy.ResourcePolicy.Statement.NotPrincipal

lone_is_narrowed if iam.narrows(input.config.ResourcePolicy.ResourcePolicy.Statement.Condition)

deny contains {
	"message": "the resource policy lets in everybody; expected named principals, or a condition on who calls",
	"path": "/config/ResourcePolicy/ResourcePolicy/Statement",
} if {
	input.config.ResourcePolicy.ResourcePolicy.Statement.Effect == "Allow"
	lone_is_open
	not lone_is_narrowed
}
