package aws.ec2.instance_volumes_encrypted_test

import data.aws.ec2.instance_volumes_encrypted

test_the_root_volume_is_encrypted if {
	instance_volumes_encrypted.deny == set() with input as {
		"config": {
			"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": true}}],
		},
	}
}

test_a_device_without_a_volume if {
	instance_volumes_encrypted.deny == set() with input as {
		"config": {
			"BlockDeviceMappings": [{"DeviceName": "/dev/xvdb", "VirtualName": "ephemeral0"}],
		},
	}
}

test_the_root_volume_is_not_encrypted if {
	instance_volumes_encrypted.deny == {{
		"message": "the volume /dev/xvda is not encrypted",
		"path": "/config/BlockDeviceMappings/0/Ebs/Encrypted",
	}} with input as {
		"config": {
			"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": false}}],
		},
	}
}

test_the_second_volume_says_nothing if {
	instance_volumes_encrypted.deny == {{
		"message": "the volume /dev/xvdb is not encrypted",
		"path": "/config/BlockDeviceMappings/1/Ebs/Encrypted",
	}} with input as {
		"config": {
			"BlockDeviceMappings": [
				{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": true}},
				{"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 20}},
			],
		},
	}
}

test_no_volume_is_described if {
	instance_volumes_encrypted.deny == {{
		"message": "nothing says that the root volume is encrypted",
		"path": "/config/BlockDeviceMappings",
	}} with input as {"config": {}}
}
