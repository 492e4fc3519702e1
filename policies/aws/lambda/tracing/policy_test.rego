package aws.lambda.tracing_test

import data.aws.lambda.tracing

test_it_is_active if {
	tracing.deny == set() with input as {"config": {"TracingConfig": {"Mode": "Active"}}}
}

test_it_follows_the_caller if {
	tracing.deny == {{
		"message": "the tracing mode is not Active",
		"path": "/config/TracingConfig/Mode",
	}} with input as {"config": {"TracingConfig": {"Mode": "PassThrough"}}}
}

test_it_is_not_set if {
	tracing.deny == {{
		"message": "the tracing mode is not Active",
		"path": "/config/TracingConfig/Mode",
	}} with input as {"config": {}}
}
