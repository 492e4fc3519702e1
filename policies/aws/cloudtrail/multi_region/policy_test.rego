package aws.cloudtrail.multi_region_test

import data.aws.cloudtrail.multi_region

test_it_is_on if {
	multi_region.deny == set() with input as {"config": {"IsMultiRegionTrail": true}}
}

test_it_is_off if {
	multi_region.deny == {{
		"message": "IsMultiRegionTrail is not true",
		"path": "/config/IsMultiRegionTrail",
	}} with input as {"config": {"IsMultiRegionTrail": false}}
}

test_it_is_not_set if {
	multi_region.deny == {{
		"message": "IsMultiRegionTrail is not true",
		"path": "/config/IsMultiRegionTrail",
	}} with input as {"config": {}}
}

test_it_is_text if {
	multi_region.deny == {{
		"message": "IsMultiRegionTrail is not true",
		"path": "/config/IsMultiRegionTrail",
	}} with input as {"config": {"IsMultiRegionTrail": "yes"}}
}
