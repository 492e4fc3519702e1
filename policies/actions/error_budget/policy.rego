# METADATA
# title: Without an error budget production changes only with approval
# description: >-
#   When the service was down for as long as it may be, reliability goes before change, as the site reliability workbook
#   has it.
# related_resources:
# - https://sre.google/workbook/error-budget-policy/
# custom:
#   severity: medium
#   types: [Portcullis::Action]
#   approvers: [approver, admin]
#   fix: Wait until there is budget again, or have the action approved.
package actions.error_budget

import data.lib.action

deny contains {"message": "the error budget is used up", "path": "/config/errorBudget/remaining"} if {
	action.is_production
	not action.is_rollback
	not input.config.module in {"monitoring", "recovery", "remediation"}
	input.config.errorBudget.remaining <= 0
}
