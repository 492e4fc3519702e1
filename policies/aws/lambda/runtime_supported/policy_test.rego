package aws.lambda.runtime_supported_test

import data.aws.lambda.runtime_supported

test_the_runtime_is_supported if {
	runtime_supported.deny == set() with input as {"config": {"Runtime": "nodejs22.x"}}
}

test_the_function_is_an_image if {
	runtime_supported.deny == set() with input as {"config": {"PackageType": "Image"}}
}

test_the_runtime_is_old if {
	runtime_supported.deny == {{
		"message": "the runtime python3.7 is no longer supported",
		"path": "/config/Runtime",
	}} with input as {"config": {"Runtime": "python3.7"}}
}
