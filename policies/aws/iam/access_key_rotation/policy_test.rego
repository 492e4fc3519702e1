package aws.iam.access_key_rotation_test

import data.aws.iam.access_key_rotation

test_there_is_no_key if {
	access_key_rotation.applies with input as {"config": {"AccessKeys": []}}
	access_key_rotation.deny == set() with input as {"config": {"AccessKeys": []}}
}

test_the_old_key_is_inactive if {
	access_key_rotation.applies with input as {
		"config": {
			"AccessKeys": [
				{
					"AccessKeyId": "****WXYZ",
					"Status": "Inactive",
					"CreateDate": "2020-01-01T00:00:00Z",
				},
			],
		},
	}
	access_key_rotation.deny == set() with input as {
		"config": {
			"AccessKeys": [
				{
					"AccessKeyId": "****WXYZ",
					"Status": "Inactive",
					"CreateDate": "2020-01-01T00:00:00Z",
				},
			],
		},
	}
}

test_an_active_key_is_old if {
	access_key_rotation.applies with input as {
		"config": {
			"AccessKeys": [
				{
					"AccessKeyId": "****WXYZ",
					"Status": "Active",
					"CreateDate": "2020-01-01T00:00:00Z",
				},
			],
		},
	}
	access_key_rotation.deny == {{
		"message": "the key ****WXYZ of 2020-01-01T00:00:00Z is older than 90 days",
		"path": "/config/AccessKeys/0",
	}} with input as {
		"config": {
			"AccessKeys": [
				{
					"AccessKeyId": "****WXYZ",
					"Status": "Active",
					"CreateDate": "2020-01-01T00:00:00Z",
				},
			],
		},
	}
}

test_the_date_cannot_be_read if {
	access_key_rotation.applies with input as {
		"config": {
			"AccessKeys": [
				{
					"AccessKeyId": "****WXYZ",
					"Status": "Active",
					"CreateDate": "long ago",
				},
			],
		},
	}
	access_key_rotation.deny == {{
		"message": "the key ****WXYZ of long ago is older than 90 days",
		"path": "/config/AccessKeys/0",
	}} with input as {
		"config": {
			"AccessKeys": [
				{
					"AccessKeyId": "****WXYZ",
					"Status": "Active",
					"CreateDate": "long ago",
				},
			],
		},
	}
}

test_the_user_is_only_described_in_code if {
	not access_key_rotation.applies with input as {"config": {}}
}

test_the_key_is_only_described_in_code if {
	not access_key_rotation.applies with input as {"config": {"AccessKeys": [{"AccessKeyId": "****WXYZ", "Status": "Active"}]}}
}

keys := {"config": {"AccessKeys": [{"AccessKeyId": "****WXYZ", "Status": "Active", "CreateDate": "2026-01-01T00:00:00Z"}]}}

test_the_key_is_90_days_old if {
	access_key_rotation.deny == set() with input as keys
		with time.now_ns as time.parse_rfc3339_ns("2026-04-01T00:00:00Z")
}

test_the_key_is_91_days_old if {
	count(access_key_rotation.deny) == 1 with input as keys
		with time.now_ns as time.parse_rfc3339_ns("2026-04-02T00:00:00Z")
}
