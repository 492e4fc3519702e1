package aws.s3.access_logging_test

import data.aws.s3.access_logging

test_logs_go_to_another_bucket if {
	access_logging.deny == set() with input as {
		"config": {
			"LoggingConfiguration": {"DestinationBucketName": "qv-access-logs", "LogFilePrefix": "orders/"},
		},
	}
}

test_the_bucket_receives_logs_itself if {
	access_logging.deny == set() with input as {"config": {"AccessControl": "LogDeliveryWrite"}}
}

test_logging_is_empty if {
	access_logging.deny == {{
		"message": "no bucket is named to receive the access logs",
		"path": "/config/LoggingConfiguration/DestinationBucketName",
	}} with input as {"config": {"LoggingConfiguration": {}}}
}

test_logging_was_never_set if {
	access_logging.deny == {{
		"message": "no bucket is named to receive the access logs",
		"path": "/config/LoggingConfiguration/DestinationBucketName",
	}} with input as {"config": {}}
}
