# METADATA
# title: The default security group lets nothing through
# description: >-
#   What is started without a group of its own gets the default one; rules in it then apply to things that nobody
#   thought of.
# related_resources:
# - https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
# custom:
#   severity: medium
#   types: [AWS::EC2::SecurityGroup]
#   remediation: aws-ec2-default-security-group-closed
#   fix: >-
#     Remove every inbound and outbound rule of the default group and give each workload a group of its own.
package aws.ec2.default_security_group_closed

applies if input.config.GroupName == "default"

deny contains {"message": "the default group lets traffic in; expected no rule", "path": path} if {
	some i, _ in input.config.SecurityGroupIngress
	path := sprintf("/config/SecurityGroupIngress/%d", [i])
}

deny contains {"message": "the default group lets traffic out; expected no rule", "path": path} if {
	some i, _ in input.config.SecurityGroupEgress
	path := sprintf("/config/SecurityGroupEgress/%d", [i])
}
