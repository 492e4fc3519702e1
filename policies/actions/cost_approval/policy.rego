# METADATA
# title: Costs above a threshold are approved
# description: >-
#   A person with the budget in mind sees what is added to it before it is spent.
# related_resources:
# - https://www.finops.org/framework/capabilities/policy-governance/
# custom:
#   severity: medium
#   types: [Portcullis::Action]
#   approvers: [approver, admin]
#   fix: Have the action approved, or raise parameters.actions.cost.approve.
package actions.cost_approval

import data.lib.action

deny contains {
	"message": sprintf("it adds %v %s a month; above %v somebody approves it", [delta, input.config.cost.currency, most]),
	"path": "/config/cost/delta",
} if {
	delta := input.config.cost.delta
	most := action.setting(["cost", "approve"], 100)
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
