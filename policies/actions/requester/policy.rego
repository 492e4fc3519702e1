# METADATA
# title: Whoever asks is known
# description: >-
#   An action that nobody answers for is not done. A token starts actions only with a role that may.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=AU-10
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   fix: Sign in, or use a token with the role operator or admin.
package actions.requester

import data.lib.action

deny contains {"message": "nobody is named as the one who asks", "path": "/config/requester/name"} if not is_named

is_named if {
	name := lower(trim_space(input.config.requester.name))
	not name in {"", "anonymous", "nobody", "unknown"}
}

deny contains {"message": "nobody says who the one who asks is", "path": "/config/requester/source"} if {
	object.get(input.config.requester, "source", "") in {"", null}
}

deny contains {
	"message": sprintf("%s has no role that starts actions; expected operator or admin", [input.config.requester.name]),
	"path": "/config/requester/roles",
} if {
	input.config.requester.source == "token"
	not action.is_rollback
	not starts_actions
}

starts_actions if {
	some role in input.config.requester.roles
	role in {"operator", "admin"}
}
