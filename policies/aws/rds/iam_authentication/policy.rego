# METADATA
# title: Databases accept short-lived credentials
# description: >-
#   Without IAM authentication every client needs a password that somebody has to keep and change.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
# custom:
#   severity: low
#   types: [AWS::RDS::DBInstance]
#   remediation: aws-rds-iam-authentication
#   fix: Set EnableIAMDatabaseAuthentication to true and give roles the right rds-db:connect.
package aws.rds.iam_authentication

# The other engines do not know it, and Aurora has it from its cluster.
applies if input.config.Engine in {"mariadb", "mysql", "postgres"}

deny contains {
	"message": "EnableIAMDatabaseAuthentication is not true",
	"path": "/config/EnableIAMDatabaseAuthentication",
} if {
	not input.config.EnableIAMDatabaseAuthentication == true
}
