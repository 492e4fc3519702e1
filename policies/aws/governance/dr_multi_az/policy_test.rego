package aws.governance.dr_multi_az_test

import data.aws.governance.dr_multi_az

test_a_database_in_two_zones if {
	dr_multi_az.applies with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
			"MultiAZ": true,
		},
		"tags": {"Tier": "critical"},
	}
	dr_multi_az.deny == set() with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
			"MultiAZ": true,
		},
		"tags": {"Tier": "critical"},
	}
}

test_a_database_in_one_zone if {
	dr_multi_az.applies with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
			"MultiAZ": false,
		},
		"tags": {"Tier": "critical"},
	}
	dr_multi_az.deny == {{
		"message": "the tier is critical, and MultiAZ is not true",
		"path": "/config/MultiAZ",
	}} with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
			"MultiAZ": false,
		},
		"tags": {"Tier": "critical"},
	}
}

test_a_database_that_does_not_say if {
	dr_multi_az.applies with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
		},
		"tags": {"Tier": "critical"},
	}
	dr_multi_az.deny == {{
		"message": "the tier is critical, and MultiAZ is not true",
		"path": "/config/MultiAZ",
	}} with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
		},
		"tags": {"Tier": "critical"},
	}
}

test_a_cache_in_two_zones if {
	dr_multi_az.applies with input as {
		"type": "AWS::ElastiCache::ReplicationGroup",
		"config": {"ReplicationGroupDescription": "prices", "MultiAZEnabled": true},
		"tags": {"Tier": "critical"},
	}
	dr_multi_az.deny == set() with input as {
		"type": "AWS::ElastiCache::ReplicationGroup",
		"config": {"ReplicationGroupDescription": "prices", "MultiAZEnabled": true},
		"tags": {"Tier": "critical"},
	}
}

test_a_cache_that_does_not_say if {
	dr_multi_az.applies with input as {
		"type": "AWS::ElastiCache::ReplicationGroup",
		"config": {"ReplicationGroupDescription": "prices"},
		"tags": {"Tier": "Critical"},
	}
	dr_multi_az.deny == {{
		"message": "the tier is critical, and MultiAZEnabled is not true",
		"path": "/config/MultiAZEnabled",
	}} with input as {
		"type": "AWS::ElastiCache::ReplicationGroup",
		"config": {"ReplicationGroupDescription": "prices"},
		"tags": {"Tier": "Critical"},
	}
}

test_a_database_that_is_not_critical if {
	not dr_multi_az.applies with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
			"MultiAZ": false,
		},
		"tags": {"Tier": "internal"},
	}
}

test_a_database_without_tags if {
	not dr_multi_az.applies with input as {
		"type": "AWS::RDS::DBInstance",
		"config": {
			"Engine": "postgres",
			"DBInstanceClass": "db.m7g.large",
			"AllocatedStorage": "100",
		},
		"tags": {},
	}
}
