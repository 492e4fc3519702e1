package aws.s3.versioning_enabled_test

import data.aws.s3.versioning_enabled

test_versions_are_kept if {
	versioning_enabled.deny == set() with input as {
		"config": {"VersioningConfiguration": {"Status": "Enabled"}},
	}
}

test_versioning_is_suspended if {
	versioning_enabled.deny == {{
		"message": "versioning is not Enabled",
		"path": "/config/VersioningConfiguration/Status",
	}} with input as {"config": {"VersioningConfiguration": {"Status": "Suspended"}}}
}

test_versioning_was_never_set if {
	versioning_enabled.deny == {{
		"message": "versioning is not Enabled",
		"path": "/config/VersioningConfiguration/Status",
	}} with input as {"config": {}}
}
