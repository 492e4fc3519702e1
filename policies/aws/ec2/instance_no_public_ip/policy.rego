# METADATA
# title: Instances have no public address
# description: >-
#   An instance with a public address can be attacked directly, past the load balancer and its protection.
# related_resources:
# - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
# custom:
#   severity: medium
#   types: [AWS::EC2::Instance]
#   fix: Do not associate a public address; publish the service through a load balancer.
package aws.ec2.instance_no_public_ip

# Where it is not set the subnet decides, and a policy about subnets looks at that.
deny contains {
	"message": "a public address is associated; expected none",
	"path": sprintf("/config/NetworkInterfaces/%d/AssociatePublicIpAddress", [i]),
} if {
	some i
	input.config.NetworkInterfaces[i].AssociatePublicIpAddress != false
}
