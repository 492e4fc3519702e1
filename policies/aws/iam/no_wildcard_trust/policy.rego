# METADATA
# title: Roles do not trust everybody
# description: >-
#   A role that every account may assume gives its rights to any stranger who knows its name.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# custom:
#   severity: critical
#   types: [AWS::IAM::Role]
#   fix: >-
#     Name the accounts, roles or services in the trust policy, or add a condition such as aws:PrincipalOrgID.
package aws.iam.no_wildcard_trust

import data.lib.iam

deny contains {
	"message": "the trust policy lets everybody assume the role; expected named principals, or a condition on who calls",
	"path": sprintf("/config/AssumeRolePolicyDocument%s", [place]),
} if {
	some place in iam.public_statements(input.config.AssumeRolePolicyDocument)
}

deny contains {"message": "the trust policy cannot be read", "path": "/config/AssumeRolePolicyDocument"} if {
	iam.is_unreadable(input.config.AssumeRolePolicyDocument)
}

deny contains {"message": "there is no trust policy", "path": "/config/AssumeRolePolicyDocument"} if {
	not input.config.AssumeRolePolicyDocument
}
