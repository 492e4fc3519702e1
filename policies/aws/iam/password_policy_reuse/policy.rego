# METADATA
# title: Old passwords cannot be used again
# description: >-
#   Who may return to the old password after a forced change still uses the one that leaked; PCI DSS asks for the
#   last four.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
# custom:
#   severity: low
#   types: [AWS::IAM::AccountPasswordPolicy]
#   remediation: aws-iam-password-policy-reuse
#   fix: Set PasswordReusePrevention to 4 or more (24 for the CIS benchmark).
package aws.iam.password_policy_reuse

# Not set is none.
is_enough if {
	is_number(input.config.PasswordReusePrevention)
	input.config.PasswordReusePrevention >= 4
}

deny contains {
	"message": "fewer than the last 4 passwords are refused",
	"path": "/config/PasswordReusePrevention",
} if {
	not is_enough
}
