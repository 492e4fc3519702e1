# METADATA
# title: Production does not change while the market is open
# description: >-
#   A change that goes wrong in trading hours costs customers money, and is reported to supervisors. Two administrators
#   may let one in.
# related_resources:
# - https://www.sec.gov/rules-regulations/2014/11/regulation-systems-compliance-integrity
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   approvers: [admin]
#   approvals: 2
#   fix: Wait until the market has closed, or set parameters.actions.tradingHours.
package actions.trading_hours

import data.lib.action

weekdays := ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]

new_york := {"market": "New York", "days": weekdays, "from": "09:30", "to": "16:00", "zone": "America/New_York"}

deny contains {"message": sprintf("the market is open: %s", [hours.market]), "path": "/config/at/time"} if {
	action.is_production
	not action.is_rollback
	input.config.module != "recovery"
	some hours in action.setting(["tradingHours"], [new_york])
	action.is_within(hours)
}
