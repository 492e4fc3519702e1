package actions.blast_radius_share_test

import data.actions.blast_radius_share

test_a_half if {
	blast_radius_share.deny == {{"message": "2 of the 4 resources of web are changed; at most 25% may be", "path": "/config/group/share"}} with input as {"config": {"counts": {"existing": 2}, "group": {"name": "web", "size": 4, "share": 0.5}}}
}

test_one_always_may if {
	blast_radius_share.deny == set() with input as {"config": {"counts": {"existing": 1}, "group": {"name": "web", "size": 1, "share": 1}}}
}
