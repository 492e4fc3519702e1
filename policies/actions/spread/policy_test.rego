package actions.spread_test

import data.actions.spread

test_two_regions if {
	spread.deny == {{"message": "2 regions are changed at once: a, b", "path": "/config/regions"}} with input as {"config": {"accounts": ["1"], "regions": ["a", "b"]}}
}
