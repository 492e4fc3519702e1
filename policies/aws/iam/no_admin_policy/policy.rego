# METADATA
# title: No policy of our own allows everything
# description: >-
#   With a right to everything, one stolen credential or one mistake reaches every system and every record.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
# custom:
#   severity: high
#   types: [AWS::IAM::ManagedPolicy, AWS::IAM::User, AWS::IAM::Role, AWS::IAM::Group]
#   fix: List the actions and the resources that the work needs.
package aws.iam.no_admin_policy

import data.lib.iam

deny contains {
	"message": "the statement allows every action on every resource",
	"path": sprintf("/config/PolicyDocument%s", [place]),
} if {
	some place in iam.admin_statements(input.config.PolicyDocument)
}

deny contains {
	"message": sprintf("a statement of the inline policy %v allows every action on every resource", [name]),
	"path": sprintf("/config/Policies/%d/PolicyDocument%s", [i, place]),
} if {
	some i, policy in input.config.Policies
	name := object.get(policy, "PolicyName", i)
	some place in iam.admin_statements(policy.PolicyDocument)
}

deny contains {
	"message": sprintf("the policy %s, which allows everything, is attached", [arn]),
	"path": sprintf("/config/ManagedPolicyArns/%d", [i]),
} if {
	some i, arn in input.config.ManagedPolicyArns
	endswith(arn, ":iam::aws:policy/AdministratorAccess")
}

deny contains {"message": "the policy document cannot be read", "path": "/config/PolicyDocument"} if {
	iam.is_unreadable(input.config.PolicyDocument)
}

deny contains {
	"message": "the policy document cannot be read",
	"path": sprintf("/config/Policies/%d/PolicyDocument", [i]),
} if {
	some i, policy in input.config.Policies
	iam.is_unreadable(object.get(policy, "PolicyDocument", null))
}
