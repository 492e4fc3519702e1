package aws.s3.tls_only_test

import data.aws.s3.tls_only

test_plain_http_is_denied if {
	tls_only.deny == set() with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "s3:*",
							"Resource": ["arn:aws:s3:::qv-orders", "arn:aws:s3:::qv-orders/*"],
							"Condition": {"Bool": {"aws:SecureTransport": "false"}},
						},
					],
				},
			},
		},
	}
}

test_the_statement_stands_alone_and_has_a_boolean if {
	tls_only.deny == set() with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": {
						"Effect": "Deny",
						"Principal": "*",
						"Action": "s3:*",
						"Resource": ["arn:aws:s3:::qv-orders", "arn:aws:s3:::qv-orders/*"],
						"Condition": {"Bool": {"aws:SecureTransport": false}},
					},
				},
			},
		},
	}
}

test_only_one_account_is_denied if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": {"AWS": "arn:aws:iam::111122223333:root"},
							"Action": "s3:*",
							"Resource": ["arn:aws:s3:::qv-orders", "arn:aws:s3:::qv-orders/*"],
							"Condition": {"Bool": {"aws:SecureTransport": "false"}},
						},
					],
				},
			},
		},
	}
}

test_only_listing_is_denied if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "s3:*",
							"Resource": "arn:aws:s3:::qv-orders",
							"Condition": {"Bool": {"aws:SecureTransport": "false"}},
						},
					],
				},
			},
		},
	}
}

test_only_a_folder_is_covered if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "s3:*",
							"Resource": "arn:aws:s3:::qv-orders/cards/*",
							"Condition": {"Bool": {"aws:SecureTransport": "false"}},
						},
					],
				},
			},
		},
	}
}

test_tls_is_denied_instead if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "s3:*",
							"Resource": ["arn:aws:s3:::qv-orders", "arn:aws:s3:::qv-orders/*"],
							"Condition": {"Bool": {"aws:SecureTransport": "true"}},
						},
					],
				},
			},
		},
	}
}

test_the_denial_has_a_second_condition if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {
		"config": {
			"BucketPolicy": {
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [
						{
							"Effect": "Deny",
							"Principal": "*",
							"Action": "s3:*",
							"Resource": ["arn:aws:s3:::qv-orders", "arn:aws:s3:::qv-orders/*"],
							"Condition": {
								"Bool": {"aws:SecureTransport": "false"},
								"StringEquals": {"aws:SourceAccount": "111122223333"},
							},
						},
					],
				},
			},
		},
	}
}

test_the_document_is_text if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {"config": {"BucketPolicy": {"PolicyDocument": "{}"}}}
}

test_there_is_no_bucket_policy if {
	tls_only.deny == {{
		"message": "no statement of the bucket policy denies s3:* where aws:SecureTransport is false",
		"path": "/config/BucketPolicy/PolicyDocument",
	}} with input as {"config": {}}
}
