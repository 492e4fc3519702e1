# METADATA
# title: Changes of production have a reason
# description: >-
#   Whoever looks at the trail in a year wants to know why, and an approver wants to know now.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: medium
#   types: [Portcullis::Action]
#   fix: Say why, with a ticket where there is one.
package actions.reason

import data.lib.action

deny contains {"message": "production is changed without a reason; expected 10 characters or more", "path": "/config/reason"} if {
	action.is_production
	not has_reason
}

has_reason if count(trim_space(input.config.reason)) >= 10
