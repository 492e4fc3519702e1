# METADATA
# title: An action changes a small share of a group
# description: >-
#   Whatever goes wrong with some of a group, the rest of it still serves. One resource may always be changed.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   fix: Split the action, or raise actions.limits.share.
package actions.blast_radius_share

import data.lib.action

deny contains {
	"message": sprintf("%d of the %d resources of %s are changed; at most %v%% may be", [
		input.config.counts.existing,
		group.size,
		group.name,
		round(most * 100),
	]),
	"path": "/config/group/share",
} if {
	input.config.counts.existing > 1
	group := input.config.group
	most := action.setting(["limits", "share"], 0.25)
	group.share > most
}
