package terraform.local.private_file_permissions_test

import data.terraform.local.private_file_permissions

test_private if {
	private_file_permissions.deny == set() with input as {"type": "local_sensitive_file", "config": {"file_permission": "0600"}}
}

test_for_all if {
	private_file_permissions.deny == {{"message": "others than the owner may read or write the file", "path": "/config/file_permission"}} with input as {"type": "local_sensitive_file", "config": {"file_permission": "0644"}}
}

test_another_type if {
	private_file_permissions.deny == {{"message": "others than the owner may read or write the file", "path": "/config/file_permission"}} with input as {"type": "local_sensitive_file", "config": {"file_permission": 600}}
}

test_absent if {
	private_file_permissions.deny == set() with input as {"type": "local_sensitive_file", "config": {}}
}
