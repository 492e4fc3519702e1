package actions.cost_cap_test

import data.actions.cost_cap

test_below if {
	cost_cap.deny == set() with input as {"config": {"cost": {"delta": 1000, "currency": "USD"}}}
}

test_above if {
	cost_cap.deny == {{"message": "it adds 1000.5 USD a month; at most 1000 may be added", "path": "/config/cost/delta"}} with input as {"config": {"cost": {"delta": 1000.5, "currency": "USD"}}}
}
