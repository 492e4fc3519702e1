# METADATA
# title: EBS volumes are encrypted
# description: >-
#   Data on a volume that is not encrypted can be read from a snapshot or a disk that leaves the account.
# related_resources:
# - https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
# custom:
#   severity: high
#   types: [AWS::EC2::Volume]
#   fix: "Encrypt the volume: copy its snapshot with encryption and replace it."
package aws.ec2.volume_encrypted

# The account may encrypt by default, but that can be switched off and cannot be seen here.

deny contains {"message": "Encrypted is not true", "path": "/config/Encrypted"} if {
	not input.config.Encrypted == true
}
