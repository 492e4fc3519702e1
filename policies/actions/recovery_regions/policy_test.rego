package actions.recovery_regions_test

import data.actions.recovery_regions

test_two_regions if {
	recovery_regions.deny == {{"message": "recovery in 2 regions at once", "path": "/config/regions"}} with input as {"config": {"module": "recovery", "regions": ["a", "b"], "running": []}}
}
