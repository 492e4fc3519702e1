# METADATA
# title: Secrets are changed every 90 days
# description: >-
#   A secret that never changes works for everybody who ever saw it.
# related_resources:
# - https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html
# custom:
#   severity: medium
#   types: [AWS::SecretsManager::Secret]
#   fix: Rotate the secret automatically, at least every 90 days.
package aws.secretsmanager.rotation

is_rotated if {
	is_number(input.config.RotationSchedule.RotationRules.AutomaticallyAfterDays)
	input.config.RotationSchedule.RotationRules.AutomaticallyAfterDays > 0
	input.config.RotationSchedule.RotationRules.AutomaticallyAfterDays <= 90
}

is_rotated if is_often(input.config.RotationSchedule.RotationRules.ScheduleExpression)

hours := {"day": 24, "days": 24, "hour": 1, "hours": 1}

is_often(expression) if {
	startswith(expression, "rate(")
	[amount, unit] := split(trim_suffix(trim_prefix(expression, "rate("), ")"), " ")
	to_number(amount) * hours[unit] <= 90 * 24
}

# cron(minute hour day month weekday year): in every month, or in every second.
is_often(expression) if {
	startswith(expression, "cron(")
	[_, _, _, month, _, year] := split(trim_suffix(trim_prefix(expression, "cron("), ")"), " ")
	month in {"*", "*/1", "*/2"}
	year == "*"
}

deny contains {
	"message": "the secret is not rotated every 90 days",
	"path": "/config/RotationSchedule/RotationRules/AutomaticallyAfterDays",
} if {
	not is_rotated
}
