# METADATA
# title: Remote Desktop is not open to the internet
# description: >-
#   Open Remote Desktop is the commonest way in for ransomware.
# related_resources:
# - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html
# custom:
#   severity: high
#   types: [AWS::EC2::SecurityGroup]
#   remediation: aws-ec2-no-public-rdp
#   fix: Allow port 3389 from known addresses only, or use Session Manager and close it.
package aws.ec2.no_public_rdp

import data.lib.security_group

deny contains {
	"message": sprintf("port 3389 (RDP) is open to %s; expected known addresses only", [security_group.source(i)]),
	"path": security_group.path(i),
} if {
	some i in security_group.open_to_world
	security_group.covers_tcp(i, 3389)
}
