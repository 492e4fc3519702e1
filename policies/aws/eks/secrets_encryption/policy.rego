# METADATA
# title: Secrets of a cluster are encrypted with a KMS key
# description: >-
#   With a key of your own, a copy of the cluster's database does not give away its secrets.
# related_resources:
# - https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
# custom:
#   severity: medium
#   types: [AWS::EKS::Cluster]
#   fix: Add an encryption configuration for secrets with a KMS key.
package aws.eks.secrets_encryption

encrypts_secrets if {
	some i
	input.config.EncryptionConfig[i].Resources[_] == "secrets"
}

deny contains {"message": "no KMS key encrypts the secrets", "path": "/config/EncryptionConfig"} if {
	not encrypts_secrets
}
