# METADATA
# title: Generated passwords have 16 characters or more
# description: >-
#   A short password is guessed by trying: each character less makes it sixty times easier.
# related_resources:
# - https://registry.terraform.io/providers/hashicorp/random/latest/docs/resources/password
# custom:
#   severity: medium
#   types: [random_password]
#   fix: >-
#     Set `length` to 16 or more.
package terraform.random.password_length

deny contains {"message": "the password has fewer than 16 characters", "path": "/config/length"} if not long

long if {
	is_number(input.config.length)
	input.config.length >= 16
}
