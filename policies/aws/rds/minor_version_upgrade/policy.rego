# METADATA
# title: Databases take minor upgrades
# description: >-
#   Without them, security fixes of the engine wait for somebody to remember.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html
# custom:
#   severity: low
#   types: [AWS::RDS::DBInstance]
#   remediation: aws-rds-minor-version-upgrade
#   fix: Set AutoMinorVersionUpgrade to true.
package aws.rds.minor_version_upgrade

# Not set is true.
deny contains {"message": "AutoMinorVersionUpgrade is not true", "path": "/config/AutoMinorVersionUpgrade"} if {
	input.config.AutoMinorVersionUpgrade != true
}
