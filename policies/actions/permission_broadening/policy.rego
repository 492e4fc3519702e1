# METADATA
# title: Wider permissions are approved by an administrator
# description: >-
#   Whoever may widen permissions may do everything, one step later. A grant that was not there before, or a refusal that
#   is gone, is wider.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: critical
#   types: [Portcullis::Action]
#   approvers: [admin]
#   fix: Grant less, or have an administrator approve the action.
package actions.permission_broadening

import data.lib.iam

deny contains {
	"message": sprintf("%s is given permissions that it did not have", [change.resource]),
	"path": sprintf("/config/changes/%d", [at]),
} if {
	some at, change in input.config.changes
	some grant in grants(change.after)
	not is_granted(grant, grants(change.before))
}

deny contains {
	"message": sprintf("%s loses a refusal or a boundary", [change.resource]),
	"path": sprintf("/config/changes/%d", [at]),
} if {
	some at, change in input.config.changes
	change.change == "update"
	some refusal in refusals(change.before)
	not refusal in refusals(change.after)
}

# Statements, attached policies, memberships, who may call, and the rules and subjects of Kubernetes, wherever a policy is kept.
grants(side) := ((({grant |
	some value in policies(side)
	walk(value, [_, grant])
	grant.Effect == "Allow"
} | {{"attached": arn} |
	some key in ["ManagedPolicyArns", "Groups", "Roles", "Users"]
	some arn in iam.as_array(side.config[key])
}) | {{"text": value} |
	some value in policy_texts(side)
	not json.is_valid(value)
	contains(lower(value), "allow")
}) | {{"rule": rule} |
	some key in ["rules", "subjects", "roleRef"]
	some rule in iam.as_array(side.config[key])
}) | {{"call": [side.config.Principal, side.config.Action]} | side.config.Action}

refusals(side) := {statement |
	some value in policies(side)
	walk(value, [_, statement])
	statement.Effect == "Deny"
} | {{"boundary": side.config.PermissionsBoundary} | side.config.PermissionsBoundary}

policy_parts(side) := [value | some key, value in side.config; contains(lower(key), "polic")]

policy_texts(side) := {text | some value in policy_parts(side); walk(value, [_, text]); is_string(text)}

# Documents also where they are kept as text, however that is written.
policies(side) := array.concat(
	policy_parts(side),
	[json.unmarshal(text) | some text in policy_texts(side); json.is_valid(text)],
)

is_granted(grant, before) if grant in before

# Less than a grant that was there: fewer actions or resources, or a condition where there was none.
is_granted(grant, before) if {
	some old in before
	is_part(grant, old, "Action")
	is_part(grant, old, "Resource")
	every key in ["NotAction", "NotResource", "Principal", "NotPrincipal"] {
		object.get(grant, key, null) == object.get(old, key, null)
	}
	object.get(old, "Condition", object.get(grant, "Condition", null)) == object.get(grant, "Condition", null)
}

is_part(grant, old, key) if {
	not grant[key]
	not old[key]
}

is_part(grant, old, key) if {
	values := {value | some value in iam.as_array(grant[key])}
	were := {value | some value in iam.as_array(old[key])}
	object.subset(were, values)
}

is_part(grant, old, key) if {
	grant[key]
	"*" in iam.as_array(old[key])
}
