# METADATA
# title: Changes of production are approved
# description: >-
#   Nobody changes production alone: who asks for it is not who lets it in.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   approvers: [approver, admin]
#   fix: Have the action approved.
package actions.production

import data.lib.action

deny contains {"message": "production is changed", "path": "/config/target/environment"} if {
	action.is_production
	input.config.counts.changes > 0
}
