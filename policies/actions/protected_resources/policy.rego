# METADATA
# title: Protected resources are not changed
# description: >-
#   Some resources must outlive every mistake. Who tags them so means it, also for whoever comes after.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: critical
#   types: [Portcullis::Action]
#   fix: Take the tag away by hand, where it is decided that the resource is protected no more; see actions.protected.
package actions.protected_resources

deny contains {
	"message": sprintf("%s is protected by a tag", [id]),
	"path": sprintf("/config/protected/%d", [at]),
} if {
	some at, id in input.config.protected
}
