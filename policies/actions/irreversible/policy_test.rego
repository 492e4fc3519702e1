package actions.irreversible_test

import data.actions.irreversible

test_none if {
	irreversible.deny == set() with input as {"config": {"irreversible": []}}
}

test_one if {
	irreversible.deny == {{"message": "delete the key cannot be undone", "path": "/config/irreversible/0"}} with input as {"config": {"irreversible": [{"step": "a", "title": "delete the key"}]}}
}
