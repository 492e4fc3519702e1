package actions.change_window_test

import data.actions.change_window

test_a_saturday if {
	change_window.deny == {{"message": "production changes outside of its change windows", "path": "/config/at/time"}} with input as {"config": {"module": "scaling", "target": {"environment": "production"}, "at": {"time": "2026-03-07T10:00:00Z"}, "changes": [], "accounts": []}}
}

test_no_window_at_all if {
	change_window.deny == {{"message": "production changes outside of its change windows", "path": "/config/at/time"}} with input as {"config": {"module": "scaling", "target": {"environment": "production"}, "at": {"time": "2026-03-03T10:00:00Z"}, "changes": [], "accounts": []}} with data.parameters as {"actions": {"windows": []}}
}
