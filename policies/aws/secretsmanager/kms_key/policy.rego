# METADATA
# title: Secrets are encrypted with a key of their own
# description: >-
#   With the key of the account, whoever may read one secret can decrypt all; a key of its own can be restricted.
# related_resources:
# - https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
# custom:
#   severity: low
#   types: [AWS::SecretsManager::Secret]
#   fix: Set the KMS key of the secret.
package aws.secretsmanager.kms_key

is_given if {
	is_string(input.config.KmsKeyId)
	input.config.KmsKeyId != ""

	# The key that AWS makes for the account, by its name.
	not endswith(input.config.KmsKeyId, "alias/aws/secretsmanager")
}

deny contains {
	"message": "no KMS key of your own is given: the key of the account is used",
	"path": "/config/KmsKeyId",
} if {
	not is_given
}
