package aws.ecr.immutable_tags_test

import data.aws.ecr.immutable_tags

test_they_stay if {
	immutable_tags.deny == set() with input as {"config": {"ImageTagMutability": "IMMUTABLE"}}
}

test_they_move if {
	immutable_tags.deny == {{
		"message": "ImageTagMutability is not IMMUTABLE",
		"path": "/config/ImageTagMutability",
	}} with input as {"config": {"ImageTagMutability": "MUTABLE"}}
}

test_it_is_not_set if {
	immutable_tags.deny == {{
		"message": "ImageTagMutability is not IMMUTABLE",
		"path": "/config/ImageTagMutability",
	}} with input as {"config": {}}
}
