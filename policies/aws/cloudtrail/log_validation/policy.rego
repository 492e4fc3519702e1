# METADATA
# title: Trails can prove that their logs are complete
# description: >-
#   Without digests nobody can show that entries were not changed or removed.
# related_resources:
# - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
# custom:
#   severity: medium
#   types: [AWS::CloudTrail::Trail]
#   remediation: aws-cloudtrail-log-validation
#   fix: Switch on log file validation.
package aws.cloudtrail.log_validation

deny contains {"message": "EnableLogFileValidation is not true", "path": "/config/EnableLogFileValidation"} if {
	not input.config.EnableLogFileValidation == true
}
