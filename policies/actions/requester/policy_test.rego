package actions.requester_test

import data.actions.requester

test_nobody if {
	requester.deny == {{"message": "nobody is named as the one who asks", "path": "/config/requester/name"}, {"message": "nobody says who the one who asks is", "path": "/config/requester/source"}} with input as {"config": {"requester": {"name": "", "source": "", "roles": []}}}
}

test_a_viewer if {
	requester.deny == {{"message": "eve has no role that starts actions; expected operator or admin", "path": "/config/requester/roles"}} with input as {"config": {"requester": {"name": "eve", "source": "token", "roles": ["viewer"]}}}
}
