# METADATA
# title: S3 buckets log who reads and writes
# description: >-
#   Without access logs nobody can tell afterwards who took or changed an object.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
# custom:
#   severity: medium
#   types: [AWS::S3::Bucket]
#   fix: Send the access logs of the bucket to a log bucket.
package aws.s3.access_logging

has_destination if {
	is_string(input.config.LoggingConfiguration.DestinationBucketName)
	input.config.LoggingConfiguration.DestinationBucketName != ""
}

# A bucket that receives the logs of others would log its own log entries.
receives_logs if input.config.AccessControl == "LogDeliveryWrite"

deny contains {
	"message": "no bucket is named to receive the access logs",
	"path": "/config/LoggingConfiguration/DestinationBucketName",
} if {
	not has_destination
	not receives_logs
}
