# METADATA
# title: The root user has a second factor
# description: >-
#   The root user can do everything, also close the account; its password alone must not be enough.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
# custom:
#   severity: critical
#   types: [AWS::IAM::AccountSummary]
#   fix: Register an MFA device for the root user, best a hardware key in a safe.
package aws.iam.root_mfa

deny contains {"message": "the root user has no MFA device", "path": "/config/AccountMFAEnabled"} if {
	not input.config.AccountMFAEnabled == 1
}
