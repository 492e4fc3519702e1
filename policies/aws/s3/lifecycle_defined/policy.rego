# METADATA
# title: S3 buckets say how long objects are kept
# description: >-
#   Without a rule, personal data stays longer than its purpose and old versions cost money for ever.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
# custom:
#   severity: low
#   types: [AWS::S3::Bucket]
#   fix: Add a lifecycle rule that expires objects or moves them to colder storage.
package aws.s3.lifecycle_defined

has_rule if {
	some i
	input.config.LifecycleConfiguration.Rules[i].Status == "Enabled"
}

deny contains {"message": "no lifecycle rule is enabled", "path": "/config/LifecycleConfiguration/Rules"} if {
	not has_rule
}
