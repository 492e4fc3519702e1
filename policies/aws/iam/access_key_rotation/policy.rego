# METADATA
# title: Access keys are younger than 90 days
# description: >-
#   The older a key, the more places it has leaked to: laptops, logs, forgotten scripts.
# related_resources:
# - https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html
# custom:
#   severity: medium
#   types: [AWS::IAM::User]
#   fix: Create a new key, move to it, and delete the old one; better, use a role.
package aws.iam.access_key_rotation

# Only live keys have an age: one that is described in code is still to be made.
applies if {
	input.config.AccessKeys
	not has_undated
}

has_undated if {
	some i
	input.config.AccessKeys[i].AccessKeyId
	not input.config.AccessKeys[i].CreateDate
}

oldest := time.now_ns() - (((90 * 24) * 3600) * 1000000000)

inactive contains i if {
	some i
	input.config.AccessKeys[i].Status == "Inactive"
}

recent contains i if {
	some i
	time.parse_rfc3339_ns(input.config.AccessKeys[i].CreateDate) >= oldest
}

# A key whose date cannot be read counts as old.
deny contains {
	"message": sprintf("the key %v of %v is older than 90 days", [
		object.get(key, "AccessKeyId", "?"),
		object.get(key, "CreateDate", "an unknown date"),
	]),
	"path": sprintf("/config/AccessKeys/%d", [i]),
} if {
	some i, key in input.config.AccessKeys
	not i in inactive
	not i in recent
}
