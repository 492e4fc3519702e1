# METADATA
# title: An action costs no more than the cap
# description: >-
#   What one request may add to the bill of a month has an end, whoever approves it.
# related_resources:
# - https://www.finops.org/framework/capabilities/policy-governance/
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   fix: Ask for less, or raise parameters.actions.cost.most.
package actions.cost_cap

import data.lib.action

deny contains {
	"message": sprintf("it adds %v %s a month; at most %v may be added", [delta, input.config.cost.currency, most]),
	"path": "/config/cost/delta",
} if {
	delta := input.config.cost.delta
	most := action.setting(["cost", "most"], 1000)
	delta > most
}

applies if {
	input.config.module in {"cost", "provisioning", "recovery", "scaling"}
	some change in input.config.changes
	change.change != "delete"
	is_paid_for(change.type)
}

# What a cloud asks money for; a certificate or a file of Terraform's own costs nothing.
is_paid_for(type) if startswith(type, "AWS::")

is_paid_for(type) if startswith(type, "Microsoft.")

is_paid_for(type) if contains(type, "googleapis.com/")
