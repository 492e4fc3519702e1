package aws.ec2.launch_template_imdsv2_test

import data.aws.ec2.launch_template_imdsv2

test_a_token_is_required if {
	launch_template_imdsv2.deny == set() with input as {
		"config": {
			"LaunchTemplateData": {
				"ImageId": "ami-0a1b2c3d",
				"InstanceType": "m7i.large",
				"MetadataOptions": {"HttpTokens": "required"},
			},
		},
	}
}

test_the_service_is_switched_off if {
	launch_template_imdsv2.deny == set() with input as {
		"config": {
			"LaunchTemplateData": {
				"ImageId": "ami-0a1b2c3d",
				"InstanceType": "m7i.large",
				"MetadataOptions": {"HttpEndpoint": "disabled"},
			},
		},
	}
}

test_a_token_is_optional if {
	launch_template_imdsv2.deny == {{
		"message": "HttpTokens is not required: version 1 of the metadata service answers",
		"path": "/config/LaunchTemplateData/MetadataOptions/HttpTokens",
	}} with input as {
		"config": {
			"LaunchTemplateData": {
				"ImageId": "ami-0a1b2c3d",
				"InstanceType": "m7i.large",
				"MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled"},
			},
		},
	}
}

test_nothing_is_set if {
	launch_template_imdsv2.deny == {{
		"message": "HttpTokens is not required: version 1 of the metadata service answers",
		"path": "/config/LaunchTemplateData/MetadataOptions/HttpTokens",
	}} with input as {
		"config": {
			"LaunchTemplateData": {"ImageId": "ami-0a1b2c3d", "InstanceType": "m7i.large"},
		},
	}
}

test_a_configuration if {
	kind := "AWS::AutoScaling::LaunchConfiguration"
	launch_template_imdsv2.deny == set() with input as {
		"type": kind,
		"config": {"MetadataOptions": {"HttpTokens": "required"}},
	}
	launch_template_imdsv2.deny == {{
		"message": "HttpTokens is not required: version 1 of the metadata service answers",
		"path": "/config/MetadataOptions/HttpTokens",
	}} with input as {"type": kind, "config": {}}
}
