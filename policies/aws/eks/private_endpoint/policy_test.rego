package aws.eks.private_endpoint_test

import data.aws.eks.private_endpoint

test_the_endpoint_is_private if {
	private_endpoint.deny == set() with input as {
		"config": {
			"ResourcesVpcConfig": {
				"SubnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6071"],
				"EndpointPublicAccess": false,
				"EndpointPrivateAccess": true,
			},
		},
	}
}

test_only_the_office_is_let_in if {
	private_endpoint.deny == set() with input as {
		"config": {
			"ResourcesVpcConfig": {
				"SubnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6071"],
				"EndpointPublicAccess": true,
				"PublicAccessCidrs": ["203.0.113.0/24"],
			},
		},
	}
}

test_everybody_is_let_in if {
	private_endpoint.deny == {{
		"message": "the public endpoint is open to everybody; expected none, or known addresses only",
		"path": "/config/ResourcesVpcConfig/EndpointPublicAccess",
	}} with input as {
		"config": {
			"ResourcesVpcConfig": {
				"SubnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6071"],
				"EndpointPublicAccess": true,
				"PublicAccessCidrs": ["203.0.113.0/24", "0.0.0.0/0"],
			},
		},
	}
}

test_it_is_not_set if {
	private_endpoint.deny == {{
		"message": "the public endpoint is open to everybody; expected none, or known addresses only",
		"path": "/config/ResourcesVpcConfig/EndpointPublicAccess",
	}} with input as {
		"config": {
			"ResourcesVpcConfig": {"SubnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6071"]},
		},
	}
}
