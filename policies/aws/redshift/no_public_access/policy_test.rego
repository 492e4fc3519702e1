package aws.redshift.no_public_access_test

import data.aws.redshift.no_public_access

test_it_is_private if {
	no_public_access.deny == set() with input as {"config": {"PubliclyAccessible": false}}
}

test_it_is_not_set if {
	no_public_access.deny == set() with input as {"config": {}}
}

test_it_is_public if {
	no_public_access.deny == {{
		"message": "PubliclyAccessible is true; expected false",
		"path": "/config/PubliclyAccessible",
	}} with input as {"config": {"PubliclyAccessible": true}}
}
