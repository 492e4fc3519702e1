# METADATA
# title: Databases have a standby in another zone
# description: >-
#   Without a standby, the fault of one data centre stops trading until a backup is restored.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html
# custom:
#   severity: medium
#   types: [AWS::RDS::DBInstance]
#   remediation: aws-rds-multi-az
#   fix: Set MultiAZ to true.
package aws.rds.multi_az

# An instance of an Aurora cluster has this from its cluster.
is_aurora if startswith(input.config.Engine, "aurora")

applies if not is_aurora

deny contains {"message": "MultiAZ is not true", "path": "/config/MultiAZ"} if {
	not input.config.MultiAZ == true
}
