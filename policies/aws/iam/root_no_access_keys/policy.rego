# METADATA
# title: The root user has no access keys
# description: >-
#   A key of the root user can do everything, cannot be restricted, and sits in some file.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
# custom:
#   severity: critical
#   types: [AWS::IAM::AccountSummary]
#   fix: Delete the access keys of the root user and use roles.
package aws.iam.root_no_access_keys

deny contains {"message": "the root user has access keys", "path": "/config/AccountAccessKeysPresent"} if {
	not input.config.AccountAccessKeysPresent == 0
}
