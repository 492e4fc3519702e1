# METADATA
# title: Security groups do not open every port to the internet
# description: >-
#   A rule for every port or every protocol opens also what nobody meant to publish, today and after the next
#   installation.
# related_resources:
# - https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
# custom:
#   severity: critical
#   types: [AWS::EC2::SecurityGroup]
#   remediation: aws-ec2-no-unrestricted-ingress
#   fix: Replace the rule by one for each port that has to be public.
package aws.ec2.no_unrestricted_ingress

import data.lib.security_group

deny contains {
	"message": sprintf("every port is open to %s; expected single ports", [security_group.source(i)]),
	"path": security_group.path(i),
} if {
	some i in security_group.open_to_world
	is_unrestricted(i)
}

is_unrestricted(i) if security_group.every_protocol(i)

is_unrestricted(i) if {
	security_group.covers_tcp(i, 1)
	security_group.covers_tcp(i, 65535)
}

is_unrestricted(i) if {
	lower(input.config.SecurityGroupIngress[i].IpProtocol) in {"udp", "17"}
	not security_group.outside(i, 1)
	not security_group.outside(i, 65535)
}
