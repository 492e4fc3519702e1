package lib.network_test

import data.lib.network

test_everything_is_the_world if {
	every cidr in ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3"] {
		network.is_world(cidr)
	}
}

test_a_private_range_is_not_the_world if {
	every cidr in ["10.0.0.0/8", "192.168.1.0/24", "203.0.113.7/32", "fc00::/7", "2001:db8::/32", "10.0.0.1", ""] {
		not network.is_world(cidr)
	}
}
