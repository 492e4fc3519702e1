# METADATA
# title: Volumes of instances are encrypted
# description: >-
#   The disks that an instance brings along hold logs, caches and swapped memory, with everything that passed
#   through it.
# related_resources:
# - https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
# custom:
#   severity: high
#   types: [AWS::EC2::Instance]
#   fix: Set Encrypted in every block device mapping, the root device among them.
package aws.ec2.instance_volumes_encrypted

deny contains {
	"message": sprintf("the volume %v is not encrypted", [object.get(device, "DeviceName", "of the root device")]),
	"path": sprintf("/config/BlockDeviceMappings/%d/Ebs/Encrypted", [i]),
} if {
	some i, device in input.config.BlockDeviceMappings
	device.Ebs
	not device.Ebs.Encrypted == true
}

# Without a mapping the root volume follows the image, and images are rarely encrypted.
deny contains {
	"message": "nothing says that the root volume is encrypted",
	"path": "/config/BlockDeviceMappings",
} if {
	not input.config.BlockDeviceMappings
}
