package aws.s3.lifecycle_defined_test

import data.aws.s3.lifecycle_defined

test_old_objects_expire if {
	lifecycle_defined.deny == set() with input as {
		"config": {
			"LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 400}]},
		},
	}
}

test_the_only_rule_is_disabled if {
	lifecycle_defined.deny == {{
		"message": "no lifecycle rule is enabled",
		"path": "/config/LifecycleConfiguration/Rules",
	}} with input as {
		"config": {
			"LifecycleConfiguration": {
				"Rules": [{"Id": "old", "Status": "Disabled", "ExpirationInDays": 400}],
			},
		},
	}
}

test_there_is_no_rule if {
	lifecycle_defined.deny == {{
		"message": "no lifecycle rule is enabled",
		"path": "/config/LifecycleConfiguration/Rules",
	}} with input as {"config": {}}
}
