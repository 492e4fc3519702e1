package aws.rds.deletion_protection_test

import data.aws.rds.deletion_protection

test_it_is_on if {
	deletion_protection.applies with input as {
		"config": {"Engine": "postgres", "DeletionProtection": true},
	}
	deletion_protection.deny == set() with input as {
		"config": {"Engine": "postgres", "DeletionProtection": true},
	}
}

test_it_is_off if {
	deletion_protection.applies with input as {
		"config": {"Engine": "postgres", "DeletionProtection": false},
	}
	deletion_protection.deny == {{
		"message": "DeletionProtection is not true",
		"path": "/config/DeletionProtection",
	}} with input as {"config": {"Engine": "postgres", "DeletionProtection": false}}
}

test_it_is_not_set if {
	deletion_protection.applies with input as {"config": {"Engine": "postgres"}}
	deletion_protection.deny == {{
		"message": "DeletionProtection is not true",
		"path": "/config/DeletionProtection",
	}} with input as {"config": {"Engine": "postgres"}}
}

test_it_is_text if {
	deletion_protection.applies with input as {
		"config": {"Engine": "postgres", "DeletionProtection": "yes"},
	}
	deletion_protection.deny == {{
		"message": "DeletionProtection is not true",
		"path": "/config/DeletionProtection",
	}} with input as {"config": {"Engine": "postgres", "DeletionProtection": "yes"}}
}

test_the_instance_belongs_to_an_aurora_cluster if {
	not deletion_protection.applies with input as {"config": {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r7g.large"}}
}
