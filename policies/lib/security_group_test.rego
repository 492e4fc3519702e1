package lib.security_group_test

import data.lib.security_group

rules(given) := {"config": {"SecurityGroupIngress": given}}

test_open_to_world if {
	security_group.open_to_world == {0, 1} with input as rules([
		{"CidrIp": "0.0.0.0/0"},
		{"CidrIpv6": "::/0"},
		{"CidrIp": "10.0.0.0/8"},
		{"SourceSecurityGroupId": "sg-1"},
	])
}

test_a_range_covers_a_port_inside_it if {
	security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25}])
}

test_a_range_given_as_text_covers_a_port_inside_it if {
	security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "6", "FromPort": "22", "ToPort": "22"}])
}

test_no_ports_are_all_ports if {
	security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "tcp"}])
}

test_ports_that_cannot_be_read_are_all_ports if {
	security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "tcp", "FromPort": null, "ToPort": "x"}])
}

test_every_protocol_covers_a_port if {
	security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}])
}

test_another_port_is_not_covered if {
	not security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "tcp", "FromPort": 23, "ToPort": 80}])
}

test_another_protocol_is_not_covered if {
	not security_group.covers_tcp(0, 22) with input as rules([{"IpProtocol": "udp", "FromPort": 22, "ToPort": 22}])
}
