# METADATA
# title: New EBS volumes are encrypted by default
# description: >-
#   Without the default, each new volume is encrypted only if somebody thought of it.
# related_resources:
# - https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
# custom:
#   severity: medium
#   types: [AWS::EC2::EbsEncryptionByDefault]
#   remediation: aws-ec2-ebs-encryption-by-default
#   fix: Switch on encryption by default in every region of the account.
package aws.ec2.ebs_encryption_by_default

deny contains {
	"message": "EbsEncryptionByDefault is not true in this region",
	"path": "/config/EbsEncryptionByDefault",
} if {
	not input.config.EbsEncryptionByDefault == true
}
