# METADATA
# title: Users get their rights from groups
# description: >-
#   Rights that are given person by person are forgotten when the person changes work.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: low
#   types: [AWS::IAM::User]
#   fix: Attach the policy to a group and put the user into it.
package aws.iam.no_user_policies

deny contains {
	"message": "the user has an inline policy; expected rights by groups",
	"path": sprintf("/config/Policies/%d", [i]),
} if {
	some i, _ in input.config.Policies
}

deny contains {
	"message": sprintf("the policy %v is attached to the user; expected rights by groups", [arn]),
	"path": sprintf("/config/ManagedPolicyArns/%d", [i]),
} if {
	some i, arn in input.config.ManagedPolicyArns
}
