# METADATA
# title: VPCs keep flow logs
# description: >-
#   Without flow logs nobody can see a scan, a leak, or which way an intruder went.
# related_resources:
# - https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
# custom:
#   severity: medium
#   types: [AWS::EC2::VPC]
#   fix: Create a flow log of all or of rejected traffic for the VPC.
package aws.ec2.vpc_flow_logs

# Accepted traffic alone hides the attempts.
has_flow_log if {
	some i
	input.config.FlowLogs[i].TrafficType in {"ALL", "REJECT"}
}

deny contains {"message": "no flow log records rejected traffic", "path": "/config/FlowLogs"} if {
	not has_flow_log
}
