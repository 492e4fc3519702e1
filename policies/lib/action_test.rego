package lib.action_test

import data.lib.action

test_production_by_name if {
	every name in ["production", "PROD", "prod-eu", "live", " Prod ", "prod_eu", "prod.eu", "PROD2"] {
		action.is_production with input as {"config": {"target": {"environment": name}, "accounts": [], "changes": []}}
	}
}

test_not_production if {
	every name in ["staging", "product", "nonprod", "delivery", "", null] {
		not action.is_production with input as {"config": {"target": {"environment": name}, "accounts": [], "changes": []}}
	}
}

test_production_by_tag if {
	side := {"tags": {"Env": "prod"}}
	changes := [{"before": null, "after": side}]
	action.is_production with input as {"config": {"target": {"environment": "staging"}, "accounts": [], "changes": changes}}
}

test_production_by_account if {
	action.is_production with input as {"config": {"target": {"environment": null}, "accounts": ["1"], "changes": []}}
		with data.parameters as {"actions": {"productionAccounts": ["1"]}}
}

test_hours_are_of_their_zone if {
	hours := {"days": ["Monday"], "from": "09:30", "to": "16:00", "zone": "America/New_York"}
	action.is_within(hours) with input as {"config": {"at": {"time": "2026-03-02T14:30:00Z"}}}
	not action.is_within(hours) with input as {"config": {"at": {"time": "2026-03-02T14:29:59Z"}}}
	action.is_within(hours) with input as {"config": {"at": {"time": "2026-07-06T13:30:00Z"}}}
	not action.is_within(hours) with input as {"config": {"at": {"time": "2026-07-06T20:00:00Z"}}}
	not action.is_within(hours) with input as {"config": {"at": {"time": "2026-03-03T14:30:00Z"}}}
}
