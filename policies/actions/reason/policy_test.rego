package actions.reason_test

import data.actions.reason

test_none if {
	reason.deny == {{"message": "production is changed without a reason; expected 10 characters or more", "path": "/config/reason"}} with input as {"config": {"target": {"environment": "production"}, "reason": null, "changes": [], "accounts": []}}
}
