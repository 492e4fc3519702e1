package aws.sqs.dead_letter_test

import data.aws.sqs.dead_letter

test_there_is_a_dead_letter_queue if {
	dead_letter.applies with input as {
		"config": {
			"QueueName": "orders",
			"RedrivePolicy": {
				"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:orders-dlq",
				"maxReceiveCount": 5,
			},
		},
	}
	dead_letter.deny == set() with input as {
		"config": {
			"QueueName": "orders",
			"RedrivePolicy": {
				"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:orders-dlq",
				"maxReceiveCount": 5,
			},
		},
	}
}

test_there_is_none if {
	dead_letter.applies with input as {"config": {"QueueName": "orders"}}
	dead_letter.deny == {{
		"message": "there is no dead-letter queue",
		"path": "/config/RedrivePolicy",
	}} with input as {"config": {"QueueName": "orders"}}
}

test_it_is_a_dead_letter_queue if {
	not dead_letter.applies with input as {"config": {"QueueName": "orders-dlq"}}
}
