package actions.freeze_test

import data.actions.freeze

test_nothing_is_declared if {
	freeze.deny == set() with input as {"config": {"module": "scaling", "target": {"environment": "production"}, "at": {"time": "2026-03-03T10:00:00Z"}, "changes": [], "accounts": []}}
}

test_it_is_frozen if {
	freeze.deny == {{"message": "changes are frozen until 2026-03-10T00:00:00+01:00: audit", "path": "/config/at/time"}} with input as {"config": {"module": "scaling", "target": {"environment": null}, "at": {"time": "2026-03-03T10:00:00Z"}, "changes": [], "accounts": []}} with data.parameters as {"actions": {"freezes": [{"reason": "audit", "from": "2026-03-01T00:00:00Z", "to": "2026-03-10T00:00:00+01:00"}]}}
}

test_a_rollback_is_not_held_up if {
	freeze.deny == set() with input as {"config": {"purpose": "rollback", "module": "scaling", "target": {"environment": null}, "at": {"time": "2026-03-03T10:00:00Z"}, "changes": [], "accounts": []}} with data.parameters as {"actions": {"freezes": [{"reason": "audit", "from": "2026-03-01T00:00:00Z", "to": "2026-03-10T00:00:00Z"}]}}
}
