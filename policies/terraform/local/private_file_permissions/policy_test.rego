package terraform.local.private_file_permissions_test

import data.terraform.local.private_file_permissions

test_private if {
	given := {"type": "local_sensitive_file", "config": {"file_permission": "0600"}}
	private_file_permissions.deny == set() with input as given
}

test_for_all if {
	expected := {
		{"message": "others than the owner may read or write the file", "path": "/config/file_permission"},
	}
	given := {"type": "local_sensitive_file", "config": {"file_permission": "0644"}}
	private_file_permissions.deny == expected with input as given
}

test_another_type if {
	expected := {
		{"message": "others than the owner may read or write the file", "path": "/config/file_permission"},
	}
	given := {"type": "local_sensitive_file", "config": {"file_permission": 600}}
	private_file_permissions.deny == expected with input as given
}

test_absent if {
	private_file_permissions.deny == set() with input as {"type": "local_sensitive_file", "config": {}}
}
