# METADATA
# title: Streams are encrypted
# description: >-
#   Records of a stream without encryption wait readable for up to a year.
# related_resources:
# - https://docs.aws.amazon.com/streams/latest/dg/server-side-encryption.html
# custom:
#   severity: medium
#   types: [AWS::Kinesis::Stream]
#   fix: Encrypt the stream with a KMS key.
package aws.kinesis.encryption

deny contains {"message": "EncryptionType is not KMS", "path": "/config/StreamEncryption/EncryptionType"} if {
	not input.config.StreamEncryption.EncryptionType == "KMS"
}
