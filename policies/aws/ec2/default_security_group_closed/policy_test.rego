package aws.ec2.default_security_group_closed_test

import data.aws.ec2.default_security_group_closed

test_there_is_no_rule if {
	default_security_group_closed.applies with input as {
		"config": {
			"GroupName": "default",
			"SecurityGroupIngress": [],
			"SecurityGroupEgress": [],
		},
	}
	default_security_group_closed.deny == set() with input as {
		"config": {
			"GroupName": "default",
			"SecurityGroupIngress": [],
			"SecurityGroupEgress": [],
		},
	}
}

test_it_lets_traffic_in if {
	default_security_group_closed.applies with input as {
		"config": {
			"GroupName": "default",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0a1b2c3d"}],
		},
	}
	default_security_group_closed.deny == {{
		"message": "the default group lets traffic in; expected no rule",
		"path": "/config/SecurityGroupIngress/0",
	}} with input as {
		"config": {
			"GroupName": "default",
			"SecurityGroupIngress": [{"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0a1b2c3d"}],
		},
	}
}

test_it_lets_traffic_out if {
	default_security_group_closed.applies with input as {
		"config": {
			"GroupName": "default",
			"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
		},
	}
	default_security_group_closed.deny == {{
		"message": "the default group lets traffic out; expected no rule",
		"path": "/config/SecurityGroupEgress/0",
	}} with input as {
		"config": {
			"GroupName": "default",
			"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
		},
	}
}

test_it_is_another_group if {
	not default_security_group_closed.applies with input as {
		"config": {
			"GroupName": "orders",
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
