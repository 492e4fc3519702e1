# METADATA
# title: KMS keys rotate every year
# description: >-
#   The longer one key encrypts everything, the more is lost with it.
# related_resources:
# - https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
# custom:
#   severity: medium
#   types: [AWS::KMS::Key]
#   remediation: aws-kms-rotation-enabled
#   fix: Switch on automatic rotation of the key.
package aws.kms.rotation_enabled

# Only symmetric keys can rotate by themselves; a key that does not say is symmetric.
is_symmetric if input.config.KeySpec == "SYMMETRIC_DEFAULT"

is_symmetric if not input.config.KeySpec

applies if is_symmetric

deny contains {"message": "EnableKeyRotation is not true", "path": "/config/EnableKeyRotation"} if {
	not input.config.EnableKeyRotation == true
}
