# METADATA
# title: Files with secrets are for their owner alone
# description: >-
#   A secret that Terraform writes to a file is open to every account and backup of that machine unless its mode
#   says otherwise.
# related_resources:
# - https://registry.terraform.io/providers/hashicorp/local/latest/docs/resources/sensitive_file
# custom:
#   severity: medium
#   types: [local_sensitive_file]
#   fix: >-
#     Leave `file_permission` out, or set it to 0600 or 0400.
package terraform.local.private_file_permissions

deny contains {"message": "others than the owner may read or write the file", "path": "/config/file_permission"} if {
	mode := input.config.file_permission
	not private(mode)
}

# The provider's default is 0700.
private(null)

private(mode) if regex.match(`^0?[0-7]00$`, mode)
