# METADATA
# title: Subnets give out no public addresses
# description: >-
#   In a subnet that does, everything that is started is on the internet at once, wanted or not.
# related_resources:
# - https://docs.aws.amazon.com/vpc/latest/userguide/subnet-public-ip.html
# custom:
#   severity: medium
#   types: [AWS::EC2::Subnet]
#   remediation: aws-ec2-subnet-no-auto-public-ip
#   fix: Set MapPublicIpOnLaunch to false.
package aws.ec2.subnet_no_auto_public_ip

# Not set is false.
deny contains {
	"message": sprintf("MapPublicIpOnLaunch is %v; expected false", [input.config.MapPublicIpOnLaunch]),
	"path": "/config/MapPublicIpOnLaunch",
} if {
	input.config.MapPublicIpOnLaunch != false
}
