# METADATA
# title: Topics are encrypted with a KMS key
# description: >-
#   Messages of a topic without a key wait readable, order data among them.
# related_resources:
# - https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
# custom:
#   severity: medium
#   types: [AWS::SNS::Topic]
#   remediation: aws-sns-kms-encrypted
#   fix: Set the KMS key of the topic.
package aws.sns.kms_encrypted

is_given if {
	is_string(input.config.KmsMasterKeyId)
	input.config.KmsMasterKeyId != ""
}

deny contains {"message": "no KMS key is given", "path": "/config/KmsMasterKeyId"} if {
	not is_given
}
