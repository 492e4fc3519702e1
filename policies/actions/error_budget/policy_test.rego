package actions.error_budget_test

import data.actions.error_budget

test_used_up if {
	error_budget.deny == {{"message": "the error budget is used up", "path": "/config/errorBudget/remaining"}} with input as {"config": {"target": {"environment": "production"}, "module": "scaling", "errorBudget": {"remaining": -0.2}, "changes": [], "accounts": []}}
}
