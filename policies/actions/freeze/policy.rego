# METADATA
# title: Nothing changes while changes are frozen
# description: >-
#   A freeze is declared for a time when nobody can afford surprises: an audit, a year's end, an incident. It holds for
#   every action, whoever approves it.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   fix: Wait until the freeze has ended, or end it in parameters.actions.freezes of portcullis.yaml.
package actions.freeze

import data.lib.action

deny contains {
	"message": sprintf("changes are frozen until %s: %s", [freeze.to, freeze.reason]),
	"path": "/config/at/time",
} if {
	not action.is_rollback
	some freeze in action.setting(["freezes"], [])
	time.parse_rfc3339_ns(freeze.from) <= action.now_ns
	action.now_ns < time.parse_rfc3339_ns(freeze.to)
	not input.config.module in object.get(freeze, "except", [])
	is_concerned(freeze)
}

# Without environments it is a freeze of all.
is_concerned(freeze) if not freeze.environments

is_concerned(freeze) if input.config.target.environment in freeze.environments

is_concerned(freeze) if {
	action.is_production
	some environment in freeze.environments
	action.is_production_name(environment)
}
