package aws.rds.minor_version_upgrade_test

import data.aws.rds.minor_version_upgrade

test_it_is_on if {
	minor_version_upgrade.deny == set() with input as {
		"config": {"Engine": "postgres", "AutoMinorVersionUpgrade": true},
	}
}

test_it_is_off if {
	minor_version_upgrade.deny == {{
		"message": "AutoMinorVersionUpgrade is not true",
		"path": "/config/AutoMinorVersionUpgrade",
	}} with input as {"config": {"Engine": "postgres", "AutoMinorVersionUpgrade": false}}
}

test_it_is_not_set if {
	minor_version_upgrade.deny == set() with input as {"config": {"Engine": "postgres"}}
}

test_it_is_text if {
	minor_version_upgrade.deny == {{
		"message": "AutoMinorVersionUpgrade is not true",
		"path": "/config/AutoMinorVersionUpgrade",
	}} with input as {"config": {"Engine": "postgres", "AutoMinorVersionUpgrade": "yes"}}
}
