package aws.cloudfront.tls_version_test

import data.aws.cloudfront.tls_version

test_tls_1_2 if {
	tls_version.deny == set() with input as {
		"config": {
			"DistributionConfig": {
				"Enabled": true,
				"Origins": [
					{
						"Id": "web",
						"DomainName": "origin.example.com",
						"CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
					},
				],
				"DefaultCacheBehavior": {
					"TargetOriginId": "web",
					"ViewerProtocolPolicy": "redirect-to-https",
					"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
				},
				"ViewerCertificate": {
					"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000003",
					"SslSupportMethod": "sni-only",
					"MinimumProtocolVersion": "TLSv1.2_2021",
				},
			},
		},
	}
}

test_tls_1_0 if {
	tls_version.deny == {{
		"message": "viewers may connect with TLS 1.0 or 1.1",
		"path": "/config/DistributionConfig/ViewerCertificate/MinimumProtocolVersion",
	}} with input as {
		"config": {
			"DistributionConfig": {
				"Enabled": true,
				"Origins": [
					{
						"Id": "web",
						"DomainName": "origin.example.com",
						"CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
					},
				],
				"DefaultCacheBehavior": {
					"TargetOriginId": "web",
					"ViewerProtocolPolicy": "redirect-to-https",
					"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
				},
				"ViewerCertificate": {
					"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000003",
					"SslSupportMethod": "sni-only",
					"MinimumProtocolVersion": "TLSv1",
				},
			},
		},
	}
}

test_the_certificate_of_cloudfront if {
	tls_version.deny == {{
		"message": "viewers may connect with TLS 1.0 or 1.1",
		"path": "/config/DistributionConfig/ViewerCertificate/MinimumProtocolVersion",
	}} with input as {
		"config": {
			"DistributionConfig": {
				"Enabled": true,
				"Origins": [
					{
						"Id": "web",
						"DomainName": "origin.example.com",
						"CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
					},
				],
				"DefaultCacheBehavior": {
					"TargetOriginId": "web",
					"ViewerProtocolPolicy": "redirect-to-https",
					"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
				},
				"ViewerCertificate": {
					"CloudFrontDefaultCertificate": true,
					"MinimumProtocolVersion": "TLSv1.2_2021",
				},
			},
		},
	}
}

test_no_certificate_is_set if {
	tls_version.deny == {{
		"message": "viewers may connect with TLS 1.0 or 1.1",
		"path": "/config/DistributionConfig/ViewerCertificate/MinimumProtocolVersion",
	}} with input as {
		"config": {
			"DistributionConfig": {
				"Enabled": true,
				"Origins": [
					{
						"Id": "web",
						"DomainName": "origin.example.com",
						"CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
					},
				],
				"DefaultCacheBehavior": {
					"TargetOriginId": "web",
					"ViewerProtocolPolicy": "redirect-to-https",
					"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
				},
			},
		},
	}
}
