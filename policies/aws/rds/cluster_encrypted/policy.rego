# METADATA
# title: Database clusters are encrypted
# description: >-
#   Data, backups and snapshots of a cluster that is not encrypted are readable to whoever gets hold of a copy.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.html
# custom:
#   severity: high
#   types: [AWS::RDS::DBCluster]
#   fix: Restore an encrypted copy of a snapshot; encryption cannot be switched on later.
package aws.rds.cluster_encrypted

deny contains {"message": "StorageEncrypted is not true", "path": "/config/StorageEncrypted"} if {
	not input.config.StorageEncrypted == true
}
