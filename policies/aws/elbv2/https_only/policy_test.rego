package aws.elbv2.https_only_test

import data.aws.elbv2.https_only

test_it_speaks_https if {
	https_only.deny == set() with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
		},
	}
}

test_it_redirects_to_https if {
	https_only.deny == set() with input as {
		"config": {
			"Protocol": "HTTP",
			"Port": 80,
			"DefaultActions": [
				{
					"Type": "redirect",
					"RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
				},
			],
		},
	}
}

test_it_serves_plain_http if {
	https_only.deny == {{
		"message": "the listener serves plain HTTP; expected a redirect to HTTPS",
		"path": "/config/Protocol",
	}} with input as {
		"config": {
			"Protocol": "HTTP",
			"Port": 80,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
		},
	}
}

test_it_redirects_to_http if {
	https_only.deny == {{
		"message": "the listener serves plain HTTP; expected a redirect to HTTPS",
		"path": "/config/Protocol",
	}} with input as {
		"config": {
			"Protocol": "HTTP",
			"Port": 80,
			"DefaultActions": [
				{
					"Type": "redirect",
					"RedirectConfig": {"Protocol": "HTTP", "Port": "8080", "StatusCode": "HTTP_301"},
				},
			],
		},
	}
}

test_the_protocol_is_not_set if {
	https_only.deny == {{
		"message": "the listener serves plain HTTP; expected a redirect to HTTPS",
		"path": "/config/Protocol",
	}} with input as {
		"config": {
			"Port": 80,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
		},
	}
}
