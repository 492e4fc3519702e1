package aws.logs.retention_test

import data.aws.logs.retention

test_a_year if {
	retention.deny == set() with input as {"config": {"RetentionInDays": 365}}
}

test_for_ever if {
	retention.deny == set() with input as {"config": {}}
}

test_a_month if {
	retention.deny == {{
		"message": "logs are kept for 30 days; expected 365 or more",
		"path": "/config/RetentionInDays",
	}} with input as {"config": {"RetentionInDays": 30}}
}

test_it_is_text if {
	retention.deny == {{
		"message": "logs are kept for long days; expected 365 or more",
		"path": "/config/RetentionInDays",
	}} with input as {"config": {"RetentionInDays": "long"}}
}
