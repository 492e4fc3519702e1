package aws.rds.multi_az_test

import data.aws.rds.multi_az

test_it_is_on if {
	multi_az.applies with input as {"config": {"Engine": "postgres", "MultiAZ": true}}
	multi_az.deny == set() with input as {"config": {"Engine": "postgres", "MultiAZ": true}}
}

test_it_is_off if {
	multi_az.applies with input as {"config": {"Engine": "postgres", "MultiAZ": false}}
	multi_az.deny == {{
		"message": "MultiAZ is not true",
		"path": "/config/MultiAZ",
	}} with input as {"config": {"Engine": "postgres", "MultiAZ": false}}
}

test_it_is_not_set if {
	multi_az.applies with input as {"config": {"Engine": "postgres"}}
	multi_az.deny == {{
		"message": "MultiAZ is not true",
		"path": "/config/MultiAZ",
	}} with input as {"config": {"Engine": "postgres"}}
}

test_it_is_text if {
	multi_az.applies with input as {"config": {"Engine": "postgres", "MultiAZ": "yes"}}
	multi_az.deny == {{
		"message": "MultiAZ is not true",
		"path": "/config/MultiAZ",
	}} with input as {"config": {"Engine": "postgres", "MultiAZ": "yes"}}
}

test_the_instance_belongs_to_an_aurora_cluster if {
	not multi_az.applies with input as {"config": {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r7g.large"}}
}
