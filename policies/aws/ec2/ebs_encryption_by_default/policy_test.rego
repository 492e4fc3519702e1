package aws.ec2.ebs_encryption_by_default_test

import data.aws.ec2.ebs_encryption_by_default

test_it_is_on if {
	ebs_encryption_by_default.deny == set() with input as {"config": {"EbsEncryptionByDefault": true}}
}

test_it_is_off if {
	ebs_encryption_by_default.deny == {{
		"message": "EbsEncryptionByDefault is not true in this region",
		"path": "/config/EbsEncryptionByDefault",
	}} with input as {"config": {"EbsEncryptionByDefault": false}}
}

test_it_is_not_set if {
	ebs_encryption_by_default.deny == {{
		"message": "EbsEncryptionByDefault is not true in this region",
		"path": "/config/EbsEncryptionByDefault",
	}} with input as {"config": {}}
}

test_it_is_text if {
	ebs_encryption_by_default.deny == {{
		"message": "EbsEncryptionByDefault is not true in this region",
		"path": "/config/EbsEncryptionByDefault",
	}} with input as {"config": {"EbsEncryptionByDefault": "yes"}}
}
