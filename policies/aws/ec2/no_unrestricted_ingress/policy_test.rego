package aws.ec2.no_unrestricted_ingress_test

import data.aws.ec2.no_unrestricted_ingress

test_one_port_is_open if {
	no_unrestricted_ingress.deny == set() with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 443,
					"ToPort": 443,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_everything_is_open_to_the_own_network if {
	no_unrestricted_ingress.deny == set() with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}],
		},
	}
}

test_nobody_is_let_in if {
	no_unrestricted_ingress.deny == set() with input as {"config": {"GroupDescription": "orders"}}
}

test_every_protocol_is_open if {
	no_unrestricted_ingress.deny == {{
		"message": "every port is open to 0.0.0.0/0; expected single ports",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
		},
	}
}

test_every_tcp_port_is_open if {
	no_unrestricted_ingress.deny == {{
		"message": "every port is open to 0.0.0.0/0; expected single ports",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 0,
					"ToPort": 65535,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_every_udp_port_is_open if {
	no_unrestricted_ingress.deny == {{
		"message": "every port is open to 0.0.0.0/0; expected single ports",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "udp",
					"FromPort": 0,
					"ToPort": 65535,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_half_of_the_internet_is_let_in if {
	no_unrestricted_ingress.deny == {{
		"message": "every port is open to 0.0.0.0/1; expected single ports",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/1"}],
		},
	}
}
