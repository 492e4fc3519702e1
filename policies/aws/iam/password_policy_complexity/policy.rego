# METADATA
# title: Passwords mix kinds of characters
# description: >-
#   Passwords of one kind of character fall to word lists.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
# custom:
#   severity: medium
#   types: [AWS::IAM::AccountPasswordPolicy]
#   remediation: aws-iam-password-policy-complexity
#   fix: Require lower and upper case letters, numbers and symbols in the password policy.
package aws.iam.password_policy_complexity

requirements := {
	"RequireLowercaseCharacters",
	"RequireNumbers",
	"RequireSymbols",
	"RequireUppercaseCharacters",
}

# Written out, so that nothing else of the account's policy is read.
is_required["RequireLowercaseCharacters"] if input.config.RequireLowercaseCharacters == true

is_required["RequireNumbers"] if input.config.RequireNumbers == true

is_required["RequireSymbols"] if input.config.RequireSymbols == true

is_required["RequireUppercaseCharacters"] if input.config.RequireUppercaseCharacters == true

deny contains {"message": sprintf("%s is not true", [name]), "path": sprintf("/config/%s", [name])} if {
	some name in requirements
	not is_required[name]
}
