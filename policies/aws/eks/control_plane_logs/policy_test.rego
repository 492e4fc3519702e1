package aws.eks.control_plane_logs_test

import data.aws.eks.control_plane_logs

test_the_logs_are_on if {
	control_plane_logs.deny == set() with input as {
		"config": {
			"Logging": {
				"ClusterLogging": {
					"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}, {"Type": "authenticator"}],
				},
			},
		},
	}
}

test_one_log_is_missing if {
	control_plane_logs.deny == {{
		"message": "the log audit is not enabled",
		"path": "/config/Logging/ClusterLogging/EnabledTypes",
	}} with input as {
		"config": {
			"Logging": {
				"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "authenticator"}]},
			},
		},
	}
}

test_no_log_is_on if {
	control_plane_logs.deny == {
		{
			"message": "the log api is not enabled",
			"path": "/config/Logging/ClusterLogging/EnabledTypes",
		},
		{
			"message": "the log audit is not enabled",
			"path": "/config/Logging/ClusterLogging/EnabledTypes",
		},
		{
			"message": "the log authenticator is not enabled",
			"path": "/config/Logging/ClusterLogging/EnabledTypes",
		},
	} with input as {"config": {}}
}
