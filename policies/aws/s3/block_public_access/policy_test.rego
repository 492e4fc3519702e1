package aws.s3.block_public_access_test

import data.aws.s3.block_public_access

test_all_four_blocks_are_on if {
	block_public_access.deny == set() with input as {
		"config": {
			"PublicAccessBlockConfiguration": {
				"BlockPublicAcls": true,
				"BlockPublicPolicy": true,
				"IgnorePublicAcls": true,
				"RestrictPublicBuckets": true,
			},
		},
	}
}

test_one_block_is_off if {
	block_public_access.deny == {{
		"message": "BlockPublicAcls is not true",
		"path": "/config/PublicAccessBlockConfiguration/BlockPublicAcls",
	}} with input as {
		"config": {
			"PublicAccessBlockConfiguration": {
				"BlockPublicAcls": false,
				"BlockPublicPolicy": true,
				"IgnorePublicAcls": true,
				"RestrictPublicBuckets": true,
			},
		},
	}
}

test_one_block_is_not_set if {
	block_public_access.deny == {{
		"message": "IgnorePublicAcls is not true",
		"path": "/config/PublicAccessBlockConfiguration/IgnorePublicAcls",
	}} with input as {
		"config": {
			"PublicAccessBlockConfiguration": {
				"BlockPublicAcls": true,
				"BlockPublicPolicy": true,
				"RestrictPublicBuckets": true,
			},
		},
	}
}

test_there_is_no_public_access_block if {
	block_public_access.deny == {
		{
			"message": "BlockPublicAcls is not true",
			"path": "/config/PublicAccessBlockConfiguration/BlockPublicAcls",
		},
		{
			"message": "BlockPublicPolicy is not true",
			"path": "/config/PublicAccessBlockConfiguration/BlockPublicPolicy",
		},
		{
			"message": "IgnorePublicAcls is not true",
			"path": "/config/PublicAccessBlockConfiguration/IgnorePublicAcls",
		},
		{
			"message": "RestrictPublicBuckets is not true",
			"path": "/config/PublicAccessBlockConfiguration/RestrictPublicBuckets",
		},
	} with input as {"config": {}}
}

test_the_blocks_are_text if {
	block_public_access.deny == {
		{
			"message": "BlockPublicAcls is not true",
			"path": "/config/PublicAccessBlockConfiguration/BlockPublicAcls",
		},
		{
			"message": "BlockPublicPolicy is not true",
			"path": "/config/PublicAccessBlockConfiguration/BlockPublicPolicy",
		},
		{
			"message": "IgnorePublicAcls is not true",
			"path": "/config/PublicAccessBlockConfiguration/IgnorePublicAcls",
		},
		{
			"message": "RestrictPublicBuckets is not true",
			"path": "/config/PublicAccessBlockConfiguration/RestrictPublicBuckets",
		},
	} with input as {"config": {"PublicAccessBlockConfiguration": "on"}}
}
