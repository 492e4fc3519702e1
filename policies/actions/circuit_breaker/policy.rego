# METADATA
# title: What failed again and again is not tried again
# description: >-
#   An action that failed several times in a row does not get better by being repeated, and each try is a change.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   fix: Find out why it failed; see actions.limits.breaker and breakerMinutes.
package actions.circuit_breaker

import data.lib.action

deny contains {
	"message": sprintf("%d actions of this kind failed lately; after %d none is run", [input.config.recentFailures, most]),
	"path": "/config/recentFailures",
} if {
	not action.is_rollback
	most := action.setting(["limits", "breaker"], 3)
	input.config.recentFailures >= most
}
