package actions.blast_radius_count_test

import data.actions.blast_radius_count

test_twenty_five if {
	blast_radius_count.deny == set() with input as {"config": {"counts": {"existing": 25, "creates": 250}}}
}

test_more if {
	blast_radius_count.deny == {{"message": "26 resources are changed or removed; at most 25 may be", "path": "/config/counts/existing"}, {"message": "251 resources are created; at most 250 may be", "path": "/config/counts/creates"}} with input as {"config": {"counts": {"existing": 26, "creates": 251}}}
}
