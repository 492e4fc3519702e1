# METADATA
# title: Data warehouses are encrypted
# description: >-
#   Data and snapshots of a cluster that is not encrypted are readable to whoever gets hold of a copy.
# related_resources:
# - https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-db-encryption.html
# custom:
#   severity: high
#   types: [AWS::Redshift::Cluster]
#   fix: Switch on encryption of the cluster.
package aws.redshift.encrypted

deny contains {"message": "Encrypted is not true", "path": "/config/Encrypted"} if {
	not input.config.Encrypted == true
}
