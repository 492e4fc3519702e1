# METADATA
# title: Instances send metrics every minute
# description: >-
#   With a metric every five minutes an alarm comes too late for a trading system.
# related_resources:
# - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html
# custom:
#   severity: low
#   types: [AWS::EC2::Instance]
#   fix: Switch on detailed monitoring.
package aws.ec2.instance_detailed_monitoring

deny contains {"message": "Monitoring is not true", "path": "/config/Monitoring"} if {
	not input.config.Monitoring == true
}
