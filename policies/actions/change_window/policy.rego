# METADATA
# title: Production changes in its change windows
# description: >-
#   Changes are made when the people who can put them right are at work. Outside of the windows an administrator decides;
#   without any that are configured, weekdays are the window.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: medium
#   types: [Portcullis::Action]
#   approvers: [admin]
#   fix: Run the action within a change window, or set parameters.actions.windows.
package actions.change_window

import data.lib.action

weekdays := ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]

deny contains {"message": "production changes outside of its change windows", "path": "/config/at/time"} if {
	action.is_production
	not action.is_rollback
	input.config.module != "recovery"
	not is_in_window
}

is_in_window if {
	some window in action.setting(["windows"], [{"days": weekdays, "from": "00:00", "to": "24:00"}])
	action.is_within(window)
}
