package terraform.random.password_length_test

import data.terraform.random.password_length

test_long if {
	password_length.deny == set() with input as {"type": "random_password", "config": {"length": 16}}
}

test_short if {
	expected := {{"message": "the password has fewer than 16 characters", "path": "/config/length"}}
	password_length.deny == expected with input as {"type": "random_password", "config": {"length": 15}}
}

test_another_type if {
	expected := {{"message": "the password has fewer than 16 characters", "path": "/config/length"}}
	password_length.deny == expected with input as {"type": "random_password", "config": {"length": "long"}}
}

test_absent if {
	expected := {{"message": "the password has fewer than 16 characters", "path": "/config/length"}}
	password_length.deny == expected with input as {"type": "random_password", "config": {}}
}
