package actions.data_store_deletes_test

import data.actions.data_store_deletes

test_a_table if {
	data_store_deletes.deny == {{"message": "t holds data and is removed", "path": "/config/changes/0"}} with input as {"config": {"changes": [{"resource": "t", "type": "AWS::DynamoDB::Table", "change": "delete"}]}}
}

test_created if {
	data_store_deletes.deny == set() with input as {"config": {"changes": [{"resource": "t", "type": "AWS::DynamoDB::Table", "change": "create"}]}}
}
