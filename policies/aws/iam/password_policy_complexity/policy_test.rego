package aws.iam.password_policy_complexity_test

import data.aws.iam.password_policy_complexity

test_all_kinds_are_required if {
	password_policy_complexity.deny == set() with input as {
		"config": {
			"RequireLowercaseCharacters": true,
			"RequireNumbers": true,
			"RequireSymbols": true,
			"RequireUppercaseCharacters": true,
		},
	}
}

test_symbols_are_not_required if {
	password_policy_complexity.deny == {{
		"message": "RequireSymbols is not true",
		"path": "/config/RequireSymbols",
	}} with input as {
		"config": {
			"RequireLowercaseCharacters": true,
			"RequireNumbers": true,
			"RequireSymbols": false,
			"RequireUppercaseCharacters": true,
		},
	}
}

test_no_policy_is_set if {
	password_policy_complexity.deny == {
		{
			"message": "RequireLowercaseCharacters is not true",
			"path": "/config/RequireLowercaseCharacters",
		},
		{"message": "RequireNumbers is not true", "path": "/config/RequireNumbers"},
		{"message": "RequireSymbols is not true", "path": "/config/RequireSymbols"},
		{
			"message": "RequireUppercaseCharacters is not true",
			"path": "/config/RequireUppercaseCharacters",
		},
	} with input as {"config": {}}
}
