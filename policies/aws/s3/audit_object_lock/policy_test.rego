package aws.s3.audit_object_lock_test

import data.aws.s3.audit_object_lock

test_records_are_locked if {
	audit_object_lock.applies with input as {
		"config": {
			"ObjectLockEnabled": true,
			"ObjectLockConfiguration": {
				"ObjectLockEnabled": "Enabled",
				"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2557}},
			},
		},
		"tags": {"DataClass": "audit"},
	}
	audit_object_lock.deny == set() with input as {
		"config": {
			"ObjectLockEnabled": true,
			"ObjectLockConfiguration": {
				"ObjectLockEnabled": "Enabled",
				"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2557}},
			},
		},
		"tags": {"DataClass": "audit"},
	}
}

test_administrators_can_lift_the_lock if {
	audit_object_lock.applies with input as {
		"config": {
			"ObjectLockEnabled": true,
			"ObjectLockConfiguration": {
				"ObjectLockEnabled": "Enabled",
				"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2557}},
			},
		},
		"tags": {"DataClass": "audit"},
	}
	audit_object_lock.deny == {{
		"message": "the default retention is not in COMPLIANCE mode",
		"path": "/config/ObjectLockConfiguration/Rule/DefaultRetention/Mode",
	}} with input as {
		"config": {
			"ObjectLockEnabled": true,
			"ObjectLockConfiguration": {
				"ObjectLockEnabled": "Enabled",
				"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2557}},
			},
		},
		"tags": {"DataClass": "audit"},
	}
}

test_records_are_not_locked if {
	audit_object_lock.applies with input as {
		"config": {},
		"tags": {"DataClass": "trade-records"},
	}
	audit_object_lock.deny == {
		{
			"message": "object lock is not enabled",
			"path": "/config/ObjectLockEnabled",
		},
		{
			"message": "the default retention is not in COMPLIANCE mode",
			"path": "/config/ObjectLockConfiguration/Rule/DefaultRetention/Mode",
		},
	} with input as {"config": {}, "tags": {"DataClass": "trade-records"}}
}

test_the_bucket_holds_no_records if {
	not audit_object_lock.applies with input as {"config": {}, "tags": {"DataClass": "public"}}
}

test_the_bucket_has_no_tags if {
	not audit_object_lock.applies with input as {"config": {}, "tags": {}}
}
