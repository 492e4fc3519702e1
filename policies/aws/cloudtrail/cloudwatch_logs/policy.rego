# METADATA
# title: Trails are sent to CloudWatch Logs
# description: >-
#   Alarms on sign-ins of root or changes of policies need the entries within minutes, not in a bucket.
# related_resources:
# - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
# custom:
#   severity: low
#   types: [AWS::CloudTrail::Trail]
#   fix: Send the trail to a log group and set alarms on it.
package aws.cloudtrail.cloudwatch_logs

is_given if {
	is_string(input.config.CloudWatchLogsLogGroupArn)
	input.config.CloudWatchLogsLogGroupArn != ""
}

deny contains {"message": "no log group is given", "path": "/config/CloudWatchLogsLogGroupArn"} if {
	not is_given
}
