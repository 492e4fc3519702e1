# METADATA
# title: Passwords have at least 12 characters
# description: >-
#   Short passwords are guessed; PCI DSS 4 asks for twelve characters.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
# custom:
#   severity: medium
#   types: [AWS::IAM::AccountPasswordPolicy]
#   remediation: aws-iam-password-policy-length
#   fix: Set MinimumPasswordLength to 12 or more.
package aws.iam.password_policy_length

# An account without a policy accepts 8 characters, a policy without a length 6.
is_enough if {
	is_number(input.config.MinimumPasswordLength)
	input.config.MinimumPasswordLength >= 12
}

deny contains {
	"message": "the minimum length of passwords is less than 12",
	"path": "/config/MinimumPasswordLength",
} if {
	not is_enough
}
