# METADATA
# title: Backup vaults have a key of their own
# description: >-
#   With the key of the account, whoever may restore anything can read every backup; a key of its own can be
#   restricted.
# related_resources:
# - https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
# custom:
#   severity: low
#   types: [AWS::Backup::BackupVault]
#   fix: Create the vault with a KMS key of your own and copy the recovery points.
package aws.backup.vault_encryption

is_given if {
	is_string(input.config.EncryptionKeyArn)
	input.config.EncryptionKeyArn != ""
}

deny contains {
	"message": "no KMS key is given: the key of the account is used",
	"path": "/config/EncryptionKeyArn",
} if {
	not is_given
}
