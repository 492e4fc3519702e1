package aws.governance.required_tags_test

import data.aws.governance.required_tags

test_both_tags_are_there if {
	required_tags.deny == set() with input as {
		"config": {"BucketName": "qv-orders"},
		"tags": {"Owner": "order-management", "DataClass": "internal"},
	}
}

test_the_class_is_missing if {
	required_tags.deny == {{
		"message": "the tag DataClass is missing",
		"path": "/tags/DataClass",
	}} with input as {"config": {"BucketName": "qv-orders"}, "tags": {"Owner": "order-management"}}
}

test_the_owner_is_empty if {
	required_tags.deny == {{"message": "the tag Owner is missing", "path": "/tags/Owner"}} with input as {
		"config": {"BucketName": "qv-orders"},
		"tags": {"Owner": " ", "DataClass": "internal"},
	}
}

test_there_are_no_tags if {
	required_tags.deny == {
		{"message": "the tag DataClass is missing", "path": "/tags/DataClass"},
		{"message": "the tag Owner is missing", "path": "/tags/Owner"},
	} with input as {"config": {"BucketName": "qv-orders"}, "tags": {}}
}
