# METADATA
# title: Databases are protected from deletion
# description: >-
#   One wrong command, or one wrong plan, deletes the database.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
# custom:
#   severity: medium
#   types: [AWS::RDS::DBInstance]
#   remediation: aws-rds-deletion-protection
#   fix: Set DeletionProtection to true.
package aws.rds.deletion_protection

# An instance of an Aurora cluster has this from its cluster.
is_aurora if startswith(input.config.Engine, "aurora")

applies if not is_aurora

deny contains {"message": "DeletionProtection is not true", "path": "/config/DeletionProtection"} if {
	not input.config.DeletionProtection == true
}
