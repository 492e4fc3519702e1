# METADATA
# title: Databases have no public address
# description: >-
#   A database on the internet is one leaked or guessed password away from everybody.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
# custom:
#   severity: critical
#   types: [AWS::RDS::DBInstance]
#   remediation: aws-rds-no-public-access
#   fix: Set PubliclyAccessible to false and reach the database from inside the VPC.
package aws.rds.no_public_access

# Not set is not safe: without a subnet group the database goes to the default VPC, and there it is public.
deny contains {
	"message": "PubliclyAccessible is not false; what is not set depends on the network",
	"path": "/config/PubliclyAccessible",
} if {
	not input.config.PubliclyAccessible == false
}
