package aws.s3.no_public_acl_test

import data.aws.s3.no_public_acl

test_the_acl_is_private if {
	no_public_acl.deny == set() with input as {"config": {"AccessControl": "Private"}}
}

test_there_is_no_acl if {
	no_public_acl.deny == set() with input as {"config": {}}
}

test_everybody_may_read if {
	no_public_acl.deny == {{
		"message": "the ACL is PublicRead; expected Private",
		"path": "/config/AccessControl",
	}} with input as {"config": {"AccessControl": "PublicRead"}}
}

test_everybody_may_write if {
	no_public_acl.deny == {{
		"message": "the ACL is PublicReadWrite; expected Private",
		"path": "/config/AccessControl",
	}} with input as {"config": {"AccessControl": "PublicReadWrite"}}
}

test_every_account_may_read if {
	no_public_acl.deny == {{
		"message": "the ACL is AuthenticatedRead; expected Private",
		"path": "/config/AccessControl",
	}} with input as {"config": {"AccessControl": "AuthenticatedRead"}}
}
