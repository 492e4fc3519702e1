package aws.ec2.no_public_ssh_test

import data.aws.ec2.no_public_ssh

test_only_the_office_is_let_in if {
	no_public_ssh.deny == set() with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 22,
					"ToPort": 22,
					"CidrIp": "203.0.113.0/24",
				},
			],
		},
	}
}

test_another_port_is_open if {
	no_public_ssh.deny == set() with input as {
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

test_nobody_is_let_in if {
	no_public_ssh.deny == set() with input as {"config": {"GroupDescription": "orders"}}
}

test_everybody_is_let_in if {
	no_public_ssh.deny == {{
		"message": "port 22 (SSH) is open to 0.0.0.0/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/1",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 443,
					"ToPort": 443,
					"CidrIp": "0.0.0.0/0",
				},
				{
					"IpProtocol": "tcp",
					"FromPort": 22,
					"ToPort": 22,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_the_port_is_open if {
	no_public_ssh.deny == {{
		"message": "port 22 (SSH) is open to 0.0.0.0/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 22,
					"ToPort": 22,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_everybody_on_ipv6_is_let_in if {
	no_public_ssh.deny == {{
		"message": "port 22 (SSH) is open to ::/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 22,
					"ToPort": 22,
					"CidrIpv6": "::/0",
				},
			],
		},
	}
}

test_the_port_is_inside_an_open_range if {
	no_public_ssh.deny == {{
		"message": "port 22 (SSH) is open to 0.0.0.0/0; expected known addresses only",
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

test_every_protocol_is_open if {
	no_public_ssh.deny == {{
		"message": "port 22 (SSH) is open to 0.0.0.0/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
		},
	}
}

test_the_ports_are_not_given if {
	no_public_ssh.deny == {{
		"message": "port 22 (SSH) is open to 0.0.0.0/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [{"IpProtocol": "tcp", "CidrIp": "0.0.0.0/0"}],
		},
	}
}
