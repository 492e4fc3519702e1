package aws.elbv2.tls_policy_test

import data.aws.elbv2.tls_policy

test_tls_1_2_and_newer if {
	tls_policy.applies with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
			"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
		},
	}
	tls_policy.deny == set() with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
			"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
		},
	}
}

test_tls_1_0_is_let_in if {
	tls_policy.applies with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
			"SslPolicy": "ELBSecurityPolicy-2016-08",
		},
	}
	tls_policy.deny == {{
		"message": "the security policy ELBSecurityPolicy-2016-08 lets in TLS 1.0 or 1.1",
		"path": "/config/SslPolicy",
	}} with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
			"SslPolicy": "ELBSecurityPolicy-2016-08",
		},
	}
}

test_tls_1_1_is_let_in if {
	tls_policy.applies with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
			"SslPolicy": "ELBSecurityPolicy-TLS13-1-1-2021-06",
		},
	}
	tls_policy.deny == {{
		"message": "the security policy ELBSecurityPolicy-TLS13-1-1-2021-06 lets in TLS 1.0 or 1.1",
		"path": "/config/SslPolicy",
	}} with input as {
		"config": {
			"Protocol": "HTTPS",
			"Port": 443,
			"DefaultActions": [
				{
					"Type": "forward",
					"TargetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0a1b2c3d4e5f6071",
				},
			],
			"SslPolicy": "ELBSecurityPolicy-TLS13-1-1-2021-06",
		},
	}
}

test_no_policy_is_set if {
	tls_policy.applies with input as {
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
	tls_policy.deny == {{
		"message": "no security policy is set, and the default lets in TLS 1.0",
		"path": "/config/SslPolicy",
	}} with input as {
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

test_it_redirects_from_http if {
	not tls_policy.applies with input as {
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
