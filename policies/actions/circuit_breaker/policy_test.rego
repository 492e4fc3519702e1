package actions.circuit_breaker_test

import data.actions.circuit_breaker

test_none if {
	circuit_breaker.deny == set() with input as {"config": {"recentFailures": 0}}
}

test_three if {
	circuit_breaker.deny == {{"message": "3 actions of this kind failed lately; after 3 none is run", "path": "/config/recentFailures"}} with input as {"config": {"recentFailures": 3}}
}

test_a_rollback if {
	circuit_breaker.deny == set() with input as {"config": {"recentFailures": 3, "purpose": "rollback"}}
}
