package aws.governance.data_residency_test

import data.aws.governance.data_residency

test_it_lies_in_ireland if {
	data_residency.applies with input as {
		"config": {},
		"tags": {"DataClass": "personal"},
		"region": "eu-west-1",
	}
	data_residency.deny == set() with input as {
		"config": {},
		"tags": {"DataClass": "personal"},
		"region": "eu-west-1",
	}
}

test_it_lies_in_virginia if {
	data_residency.applies with input as {
		"config": {},
		"tags": {"DataClass": "personal"},
		"region": "us-east-1",
	}
	data_residency.deny == {{
		"message": "the region is us-east-1; expected one in Europe (eu-...)",
		"path": "/region",
	}} with input as {"config": {}, "tags": {"DataClass": "personal"}, "region": "us-east-1"}
}

test_the_region_is_not_known if {
	data_residency.applies with input as {
		"config": {},
		"tags": {"DataClass": "Personal"},
		"region": null,
	}
	data_residency.deny == {{
		"message": "the region is not known; expected one in Europe (eu-...)",
		"path": "/region",
	}} with input as {"config": {}, "tags": {"DataClass": "Personal"}, "region": null}
}

test_the_data_is_not_personal if {
	not data_residency.applies with input as {"config": {}, "tags": {"DataClass": "internal"}, "region": "us-east-1"}
}

test_nothing_says_what_it_holds if {
	not data_residency.applies with input as {"config": {}, "tags": {}, "region": "us-east-1"}
}
