# METADATA
# title: An action stays in one account and one region
# description: >-
#   Accounts and regions are what keeps a failure from spreading. An action across them takes that away.
# related_resources:
# - https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/use-fault-isolation-to-protect-your-workload.html
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   approvers: [admin]
#   fix: Make an action for each, one after the other, or have an administrator approve it.
package actions.spread

import data.lib.action

deny contains {
	"message": sprintf("%d %s are changed at once: %s", [count(places), what, concat(", ", places)]),
	"path": sprintf("/config/%s", [what]),
} if {
	some what in ["accounts", "regions"]
	places := input.config[what]
	count(places) > action.setting(["limits", what], 1)
}
