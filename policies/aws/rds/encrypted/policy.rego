# METADATA
# title: Databases are encrypted
# description: >-
#   Data, backups and snapshots of a database that is not encrypted are readable to whoever gets hold of a copy.
# related_resources:
# - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html
# custom:
#   severity: high
#   types: [AWS::RDS::DBInstance]
#   fix: Restore an encrypted copy of a snapshot; encryption cannot be switched on later.
package aws.rds.encrypted

# An instance of an Aurora cluster has this from its cluster.
is_aurora if startswith(input.config.Engine, "aurora")

applies if not is_aurora

deny contains {"message": "StorageEncrypted is not true", "path": "/config/StorageEncrypted"} if {
	not input.config.StorageEncrypted == true
}
