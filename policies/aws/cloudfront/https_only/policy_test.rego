package aws.cloudfront.https_only_test

import data.aws.cloudfront.https_only

test_viewers_are_redirected if {
	https_only.deny == set() with input as {
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

test_plain_http_is_served if {
	https_only.deny == {{
		"message": "the default behaviour serves plain HTTP",
		"path": "/config/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy",
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
					"ViewerProtocolPolicy": "allow-all",
					"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
				},
			},
		},
	}
}

test_one_path_serves_plain_http if {
	https_only.deny == {{
		"message": "the behaviour for /api/* serves plain HTTP",
		"path": "/config/DistributionConfig/CacheBehaviors/0/ViewerProtocolPolicy",
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
				"CacheBehaviors": [
					{
						"PathPattern": "/api/*",
						"TargetOriginId": "web",
						"ViewerProtocolPolicy": "allow-all",
						"CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
					},
				],
			},
		},
	}
}

test_nothing_is_set if {
	https_only.deny == {{
		"message": "the default behaviour serves plain HTTP",
		"path": "/config/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy",
	}} with input as {"config": {"DistributionConfig": {"Enabled": true}}}
}
