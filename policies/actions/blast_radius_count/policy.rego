# METADATA
# title: An action changes few resources
# description: >-
#   A mistake that is made once is put right in minutes; the same mistake in a thousand places is an outage. Creating is
#   limited too, but more widely.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   fix: Split the action, or raise actions.limits.resources or parameters.actions.limits.creates.
package actions.blast_radius_count

import data.lib.action

deny contains {
	"message": sprintf("%d resources are changed or removed; at most %d may be", [existing, most]),
	"path": "/config/counts/existing",
} if {
	existing := input.config.counts.existing
	most := action.setting(["limits", "resources"], 25)
	existing > most
}

deny contains {
	"message": sprintf("%d resources are created; at most %d may be", [creates, most]),
	"path": "/config/counts/creates",
} if {
	creates := input.config.counts.creates
	most := action.setting(["limits", "creates"], 250)
	creates > most
}
