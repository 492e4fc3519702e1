# METADATA
# title: What cannot be undone is approved
# description: >-
#   A step without a way back is taken knowingly, by two people: who asks and who approves.
# related_resources:
# - https://csrc.nist.gov/projects/risk-management/sp800-53-controls/release-search#/control?version=5.1&number=CM-3
# custom:
#   severity: high
#   types: [Portcullis::Action]
#   approvers: [approver, admin]
#   fix: Have the action approved, or do it another way that can be rolled back.
package actions.irreversible

deny contains {
	"message": sprintf("%s cannot be undone", [step.title]),
	"path": sprintf("/config/irreversible/%d", [at]),
} if {
	some at, step in input.config.irreversible
}
