package aws.kms.rotation_enabled_test

import data.aws.kms.rotation_enabled

test_it_rotates if {
	rotation_enabled.applies with input as {"config": {"EnableKeyRotation": true}}
	rotation_enabled.deny == set() with input as {"config": {"EnableKeyRotation": true}}
}

test_it_does_not_rotate if {
	rotation_enabled.applies with input as {
		"config": {"EnableKeyRotation": false, "KeySpec": "SYMMETRIC_DEFAULT"},
	}
	rotation_enabled.deny == {{
		"message": "EnableKeyRotation is not true",
		"path": "/config/EnableKeyRotation",
	}} with input as {"config": {"EnableKeyRotation": false, "KeySpec": "SYMMETRIC_DEFAULT"}}
}

test_it_is_not_set if {
	rotation_enabled.applies with input as {"config": {}}
	rotation_enabled.deny == {{
		"message": "EnableKeyRotation is not true",
		"path": "/config/EnableKeyRotation",
	}} with input as {"config": {}}
}

test_it_is_text if {
	rotation_enabled.applies with input as {"config": {"EnableKeyRotation": "yes"}}
	rotation_enabled.deny == {{
		"message": "EnableKeyRotation is not true",
		"path": "/config/EnableKeyRotation",
	}} with input as {"config": {"EnableKeyRotation": "yes"}}
}

test_the_key_signs if {
	not rotation_enabled.applies with input as {"config": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}}
}
