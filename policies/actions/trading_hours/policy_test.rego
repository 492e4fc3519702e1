package actions.trading_hours_test

import data.actions.trading_hours

test_open if {
	trading_hours.deny == {{"message": "the market is open: New York", "path": "/config/at/time"}} with input as {"config": {"module": "scaling", "target": {"environment": "production"}, "at": {"time": "2026-03-03T20:59:00Z"}, "changes": [], "accounts": []}}
}

test_closed if {
	trading_hours.deny == set() with input as {"config": {"module": "scaling", "target": {"environment": "production"}, "at": {"time": "2026-03-03T21:00:00Z"}, "changes": [], "accounts": []}}
}

test_none if {
	trading_hours.deny == set() with input as {"config": {"module": "scaling", "target": {"environment": "production"}, "at": {"time": "2026-03-03T15:00:00Z"}, "changes": [], "accounts": []}} with data.parameters as {"actions": {"tradingHours": []}}
}
