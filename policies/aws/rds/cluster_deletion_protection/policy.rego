# METADATA
# title: Database clusters are protected from deletion
# description: >-
#   One wrong command, or one wrong plan, deletes the cluster with every instance in it.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html
# custom:
#   severity: medium
#   types: [AWS::RDS::DBCluster]
#   remediation: aws-rds-cluster-deletion-protection
#   fix: Set DeletionProtection to true.
package aws.rds.cluster_deletion_protection

deny contains {"message": "DeletionProtection is not true", "path": "/config/DeletionProtection"} if {
	not input.config.DeletionProtection == true
}
