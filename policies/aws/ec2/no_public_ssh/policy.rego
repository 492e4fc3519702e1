# METADATA
# title: SSH is not open to the internet
# description: >-
#   An SSH port that the whole internet reaches is tried with stolen keys and passwords all day.
# related_resources:
# - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html
# custom:
#   severity: high
#   types: [AWS::EC2::SecurityGroup]
#   remediation: aws-ec2-no-public-ssh
#   fix: Allow port 22 from known addresses only, or use Session Manager and close it.
package aws.ec2.no_public_ssh

import data.lib.security_group

deny contains {
	"message": sprintf("port 22 (SSH) is open to %s; expected known addresses only", [security_group.source(i)]),
	"path": security_group.path(i),
} if {
	some i in security_group.open_to_world
	security_group.covers_tcp(i, 22)
}
