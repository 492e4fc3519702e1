# METADATA
# title: Trails record every region
# description: >-
#   Who breaks in works in a region that nobody looks at.
# related_resources:
# - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/receive-cloudtrail-log-files-from-multiple-regions.html
# custom:
#   severity: high
#   types: [AWS::CloudTrail::Trail]
#   remediation: aws-cloudtrail-multi-region
#   fix: Make the trail a multi-region trail.
package aws.cloudtrail.multi_region

deny contains {"message": "IsMultiRegionTrail is not true", "path": "/config/IsMultiRegionTrail"} if {
	not input.config.IsMultiRegionTrail == true
}
