# METADATA
# description: >-
#   What policies about actions ask for alike: their parameters, whether production is concerned, and what time it is.
package lib.action

default parameters := {}

parameters := data.parameters

# A setting below `parameters.actions` of portcullis.yaml.
setting(path, fallback) := object.get(parameters, array.concat(["actions"], path), fallback)

production_names := {lower(name) | some name in setting(["production"], ["production", "prod", "live"])}

is_production_name(name) if lower(trim_space(name)) in production_names

# `prod-eu`, `prod_eu` and `prod2` are production too; `product` is not.
is_production_name(name) if {
	some production in production_names
	lowered := lower(trim_space(name))
	startswith(lowered, production)
	regex.match(`^[^a-z]`, substring(lowered, count(production), -1))
}

is_production if is_production_name(input.config.target.environment)

is_production if input.config.target.account in setting(["productionAccounts"], [])

is_production if {
	some account in input.config.accounts
	account in setting(["productionAccounts"], [])
}

# Whatever the target is called: what is tagged as production is production.
is_production if {
	some change in input.config.changes
	some side in [change.before, change.after]
	some key, value in side.tags
	lower(key) in {"environment", "env", "stage"}
	is_production_name(value)
}

now_ns := time.parse_rfc3339_ns(input.config.at.time)

# Whether it is now within the hours of a day that are given in a time zone, UTC where none is.
is_within(hours) if {
	zone := object.get(hours, "zone", "UTC")
	time.weekday([now_ns, zone]) in hours.days
	[hour, minute, _] := time.clock([now_ns, zone])
	clock := sprintf("%02d:%02d", [hour, minute])
	hours.from <= clock
	clock < hours.to
}

# Bringing back what was there before is never held up by what holds up changes.
is_rollback if input.config.purpose == "rollback"
