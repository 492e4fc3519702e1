# METADATA
# title: Logs are kept for a year
# description: >-
#   What happened months ago cannot be found out when the log is gone; PCI DSS asks for twelve months.
# related_resources:
# - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
# custom:
#   severity: medium
#   types: [AWS::Logs::LogGroup]
#   fix: Keep the log group for 365 days or more.
package aws.logs.retention

# Not set, or 0, is for ever.
is_long_enough if not input.config.RetentionInDays

is_long_enough if input.config.RetentionInDays == 0

is_long_enough if {
	is_number(input.config.RetentionInDays)
	input.config.RetentionInDays >= 365
}

deny contains {
	"message": sprintf("logs are kept for %v days; expected 365 or more", [input.config.RetentionInDays]),
	"path": "/config/RetentionInDays",
} if {
	not is_long_enough
}
