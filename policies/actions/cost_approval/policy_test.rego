package actions.cost_approval_test

import data.actions.cost_approval

test_below if {
	cost_approval.deny == set() with input as {"config": {"cost": {"delta": -5, "currency": "USD"}}}
}

test_above if {
	cost_approval.deny == {{"message": "it adds 101 USD a month; above 100 somebody approves it", "path": "/config/cost/delta"}} with input as {"config": {"cost": {"delta": 101, "currency": "USD"}}}
}
