package actions.production_test

import data.actions.production

test_production if {
	production.deny == {{"message": "production is changed", "path": "/config/target/environment"}} with input as {"config": {"target": {"environment": "production"}, "counts": {"changes": 1}, "changes": [], "accounts": []}}
}

test_another_name if {
	production.deny == {{"message": "production is changed", "path": "/config/target/environment"}} with input as {"config": {"target": {"environment": "main"}, "counts": {"changes": 1}, "changes": [], "accounts": []}} with data.parameters as {"actions": {"production": ["main"]}}
}
