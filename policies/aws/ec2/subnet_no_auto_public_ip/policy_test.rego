package aws.ec2.subnet_no_auto_public_ip_test

import data.aws.ec2.subnet_no_auto_public_ip

test_it_is_off if {
	subnet_no_auto_public_ip.deny == set() with input as {"config": {"MapPublicIpOnLaunch": false}}
}

test_it_is_not_set if {
	subnet_no_auto_public_ip.deny == set() with input as {"config": {}}
}

test_it_is_on if {
	subnet_no_auto_public_ip.deny == {{
		"message": "MapPublicIpOnLaunch is true; expected false",
		"path": "/config/MapPublicIpOnLaunch",
	}} with input as {"config": {"MapPublicIpOnLaunch": true}}
}

test_it_is_text if {
	subnet_no_auto_public_ip.deny == {{
		"message": "MapPublicIpOnLaunch is true; expected false",
		"path": "/config/MapPublicIpOnLaunch",
	}} with input as {"config": {"MapPublicIpOnLaunch": "true"}}
}
