# METADATA
# title: Caches speak TLS
# description: >-
#   Without TLS, sessions and the password of the cache cross the network readable.
# related_resources:
# - https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html
# custom:
#   severity: medium
#   types: [AWS::ElastiCache::ReplicationGroup]
#   fix: Switch on encryption in transit and let the clients connect with TLS.
package aws.elasticache.encryption_in_transit

deny contains {
	"message": "TransitEncryptionEnabled is not true",
	"path": "/config/TransitEncryptionEnabled",
} if {
	not input.config.TransitEncryptionEnabled == true
}
