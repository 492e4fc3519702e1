package actions.protected_resources_test

import data.actions.protected_resources

test_nothing if {
	protected_resources.deny == set() with input as {"config": {"protected": []}}
}

test_one if {
	protected_resources.deny == {{"message": "a is protected by a tag", "path": "/config/protected/0"}} with input as {"config": {"protected": ["a"]}}
}
