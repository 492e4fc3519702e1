# METADATA
# title: Kafka clusters speak only TLS
# description: >-
#   Without TLS, every event, orders and fills among them, crosses the network readable.
# related_resources:
# - https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html
# custom:
#   severity: high
#   types: [AWS::MSK::Cluster]
#   fix: Set ClientBroker to TLS and InCluster to true.
package aws.msk.tls

# Not set is TLS.
deny contains {
	"message": sprintf("ClientBroker is %v; expected TLS", [input.config.EncryptionInfo.EncryptionInTransit.ClientBroker]),
	"path": "/config/EncryptionInfo/EncryptionInTransit/ClientBroker",
} if {
	input.config.EncryptionInfo.EncryptionInTransit.ClientBroker != "TLS"
}

# Not set is true.
deny contains {
	"message": "InCluster is not true: brokers speak to each other without TLS",
	"path": "/config/EncryptionInfo/EncryptionInTransit/InCluster",
} if {
	input.config.EncryptionInfo.EncryptionInTransit.InCluster != true
}
