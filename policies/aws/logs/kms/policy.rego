# METADATA
# title: Log groups are encrypted with a KMS key
# description: >-
#   Logs hold more than was meant to be logged; with a key, reading them can be restricted.
# related_resources:
# - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
# custom:
#   severity: low
#   types: [AWS::Logs::LogGroup]
#   fix: Set the KMS key of the log group.
package aws.logs.kms

is_given if {
	is_string(input.config.KmsKeyId)
	input.config.KmsKeyId != ""
}

deny contains {"message": "no KMS key is given", "path": "/config/KmsKeyId"} if {
	not is_given
}
