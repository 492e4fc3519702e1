# METADATA
# title: Audit and trade records cannot be changed
# description: >-
#   SEC rule 17a-4 and MiFID II want records of orders and trades kept so that nobody, not even an administrator,
#   can alter them before their time; in governance mode some still can.
# related_resources:
# - https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
# - https://www.ecfr.gov/current/title-17/section-240.17a-4
# custom:
#   severity: high
#   types: [AWS::S3::Bucket]
#   fix: >-
#     Create the bucket with object lock and a default retention in COMPLIANCE mode for the period that the record
#     needs.
package aws.s3.audit_object_lock

applies if lower(input.tags.DataClass) in {"audit", "trade-records"}

deny contains {"message": "object lock is not enabled", "path": "/config/ObjectLockEnabled"} if {
	not input.config.ObjectLockEnabled == true
}

deny contains {
	"message": "the default retention is not in COMPLIANCE mode",
	"path": "/config/ObjectLockConfiguration/Rule/DefaultRetention/Mode",
} if {
	not input.config.ObjectLockConfiguration.Rule.DefaultRetention.Mode == "COMPLIANCE"
}
