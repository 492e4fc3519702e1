# METADATA
# title: KMS key policies let in no strangers
# description: >-
#   A key policy for everybody lets any account decrypt what the key protects.
# related_resources:
# - https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
# custom:
#   severity: critical
#   types: [AWS::KMS::Key]
#   fix: Name the accounts and roles in the key policy, or add a condition such as kms:CallerAccount.
package aws.kms.no_public_policy

import data.lib.iam

deny contains {
	"message": "the key policy lets in everybody; expected named principals, or a condition on who calls",
	"path": sprintf("/config/KeyPolicy%s", [place]),
} if {
	some place in iam.public_statements(input.config.KeyPolicy)
}

# Without a policy KMS lets in the own account only.
deny contains {"message": "the key policy cannot be read", "path": "/config/KeyPolicy"} if {
	iam.is_unreadable(input.config.KeyPolicy)
}
