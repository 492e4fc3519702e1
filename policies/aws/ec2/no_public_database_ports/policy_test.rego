package aws.ec2.no_public_database_ports_test

import data.aws.ec2.no_public_database_ports

test_only_the_application_network_is_let_in if {
	no_public_database_ports.deny == set() with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 5432,
					"ToPort": 5432,
					"CidrIp": "10.20.0.0/16",
				},
			],
		},
	}
}

test_another_port_is_open if {
	no_public_database_ports.deny == set() with input as {
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
	no_public_database_ports.deny == set() with input as {"config": {"GroupDescription": "orders"}}
}

test_postgresql_is_open if {
	no_public_database_ports.deny == {{
		"message": "port 5432 (PostgreSQL) is open to 0.0.0.0/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 5432,
					"ToPort": 5432,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_kafka_is_open_on_ipv6 if {
	no_public_database_ports.deny == {{
		"message": "port 9092 (Kafka) is open to ::/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 9092,
					"ToPort": 9092,
					"CidrIpv6": "::/0",
				},
			],
		},
	}
}

test_mysql_is_inside_an_open_range if {
	no_public_database_ports.deny == {{
		"message": "port 3306 (MySQL) is open to 0.0.0.0/0; expected known addresses only",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [
				{
					"IpProtocol": "tcp",
					"FromPort": 3000,
					"ToPort": 4000,
					"CidrIp": "0.0.0.0/0",
				},
			],
		},
	}
}

test_every_protocol_is_open if {
	no_public_database_ports.deny == {{
		"message": "every port, those of databases among them, is open to 0.0.0.0/0",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupDescription": "orders",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
		},
	}
}
