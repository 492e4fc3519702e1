# METADATA
# title: Trails are encrypted with a KMS key
# description: >-
#   With a key of its own, reading the audit log can be kept to those who audit.
# related_resources:
# - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html
# custom:
#   severity: medium
#   types: [AWS::CloudTrail::Trail]
#   fix: Set the KMS key of the trail.
package aws.cloudtrail.kms_encrypted

is_given if {
	is_string(input.config.KMSKeyId)
	input.config.KMSKeyId != ""
}

deny contains {"message": "no KMS key is given", "path": "/config/KMSKeyId"} if {
	not is_given
}
