# METADATA
# title: Databases export their logs
# description: >-
#   Logs on the database server itself are few, short-lived and out of reach of alarms.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
# custom:
#   severity: low
#   types: [AWS::RDS::DBInstance]
#   fix: Export the logs of the engine (postgresql, audit, error ...) to CloudWatch Logs.
package aws.rds.logs_exported

# An instance of an Aurora cluster has this from its cluster.
is_aurora if startswith(input.config.Engine, "aurora")

applies if not is_aurora

exports_some if {
	some i
	is_string(input.config.EnableCloudwatchLogsExports[i])
}

deny contains {
	"message": "no log is exported to CloudWatch Logs",
	"path": "/config/EnableCloudwatchLogsExports",
} if {
	not exports_some
}
