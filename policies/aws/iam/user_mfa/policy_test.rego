package aws.iam.user_mfa_test

import data.aws.iam.user_mfa

test_there_is_a_device if {
	user_mfa.applies with input as {
		"config": {
			"LoginProfile": {},
			"MFADevices": [{"SerialNumber": "arn:aws:iam::111122223333:mfa/operator"}],
		},
	}
	user_mfa.deny == set() with input as {
		"config": {
			"LoginProfile": {},
			"MFADevices": [{"SerialNumber": "arn:aws:iam::111122223333:mfa/operator"}],
		},
	}
}

test_there_is_no_device if {
	user_mfa.applies with input as {"config": {"LoginProfile": {}, "MFADevices": []}}
	user_mfa.deny == {{
		"message": "the user has a password and no MFA device",
		"path": "/config/MFADevices",
	}} with input as {"config": {"LoginProfile": {}, "MFADevices": []}}
}

test_the_devices_are_text if {
	user_mfa.applies with input as {"config": {"LoginProfile": {}, "MFADevices": "none"}}
	user_mfa.deny == {{
		"message": "the MFA devices are not a list",
		"path": "/config/MFADevices",
	}} with input as {"config": {"LoginProfile": {}, "MFADevices": "none"}}
}

test_the_user_has_no_password if {
	not user_mfa.applies with input as {"config": {"MFADevices": []}}
}

test_the_user_is_only_described_in_code if {
	not user_mfa.applies with input as {"config": {"LoginProfile": {"PasswordResetRequired": true}}}
}
