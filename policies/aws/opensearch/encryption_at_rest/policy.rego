# METADATA
# title: Search domains are encrypted
# description: >-
#   Indexes and snapshots that are not encrypted are readable to whoever gets hold of the storage.
# related_resources:
# - https://docs.aws.amazon.com/opensearch-service/latest/developerguide/encryption-at-rest.html
# custom:
#   severity: high
#   types: [AWS::OpenSearchService::Domain]
#   fix: Switch on encryption at rest.
package aws.opensearch.encryption_at_rest

deny contains {
	"message": "encryption at rest is not enabled",
	"path": "/config/EncryptionAtRestOptions/Enabled",
} if {
	not input.config.EncryptionAtRestOptions.Enabled == true
}
