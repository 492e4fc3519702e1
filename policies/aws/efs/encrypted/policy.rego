# METADATA
# title: File systems are encrypted
# description: >-
#   Files on a file system that is not encrypted are readable to whoever gets hold of the storage or a backup.
# related_resources:
# - https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html
# custom:
#   severity: high
#   types: [AWS::EFS::FileSystem]
#   fix: Create an encrypted file system and copy the files; encryption cannot be switched on later.
package aws.efs.encrypted

deny contains {"message": "Encrypted is not true", "path": "/config/Encrypted"} if {
	not input.config.Encrypted == true
}
