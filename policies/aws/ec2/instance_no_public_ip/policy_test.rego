package aws.ec2.instance_no_public_ip_test

import data.aws.ec2.instance_no_public_ip

test_there_is_no_public_address if {
	instance_no_public_ip.deny == set() with input as {
		"config": {
			"NetworkInterfaces": [{"DeviceIndex": "0", "AssociatePublicIpAddress": false}],
		},
	}
}

test_it_is_not_set if {
	instance_no_public_ip.deny == set() with input as {"config": {}}
}

test_there_is_a_public_address if {
	instance_no_public_ip.deny == {{
		"message": "a public address is associated; expected none",
		"path": "/config/NetworkInterfaces/0/AssociatePublicIpAddress",
	}} with input as {
		"config": {
			"NetworkInterfaces": [{"DeviceIndex": "0", "AssociatePublicIpAddress": true}],
		},
	}
}
