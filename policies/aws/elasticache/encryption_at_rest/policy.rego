# METADATA
# title: Caches are encrypted on disk
# description: >-
#   Backups and swap of a cache that is not encrypted hold sessions and positions readable.
# related_resources:
# - https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html
# custom:
#   severity: medium
#   types: [AWS::ElastiCache::ReplicationGroup]
#   fix: Create the replication group anew with encryption at rest.
package aws.elasticache.encryption_at_rest

deny contains {"message": "AtRestEncryptionEnabled is not true", "path": "/config/AtRestEncryptionEnabled"} if {
	not input.config.AtRestEncryptionEnabled == true
}
