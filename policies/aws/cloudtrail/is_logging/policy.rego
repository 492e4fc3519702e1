# METADATA
# title: Trails are switched on
# description: >-
#   A trail that was stopped records nothing, and stopping it is the first thing that an intruder does.
# related_resources:
# - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html
# custom:
#   severity: critical
#   types: [AWS::CloudTrail::Trail]
#   remediation: aws-cloudtrail-is-logging
#   fix: Start logging on the trail.
package aws.cloudtrail.is_logging

deny contains {"message": "IsLogging is not true", "path": "/config/IsLogging"} if {
	not input.config.IsLogging == true
}
