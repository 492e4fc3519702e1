package aws.ec2.instance_detailed_monitoring_test

import data.aws.ec2.instance_detailed_monitoring

test_it_is_on if {
	instance_detailed_monitoring.deny == set() with input as {"config": {"Monitoring": true}}
}

test_it_is_off if {
	instance_detailed_monitoring.deny == {{
		"message": "Monitoring is not true",
		"path": "/config/Monitoring",
	}} with input as {"config": {"Monitoring": false}}
}

test_it_is_not_set if {
	instance_detailed_monitoring.deny == {{
		"message": "Monitoring is not true",
		"path": "/config/Monitoring",
	}} with input as {"config": {}}
}

test_it_is_text if {
	instance_detailed_monitoring.deny == {{
		"message": "Monitoring is not true",
		"path": "/config/Monitoring",
	}} with input as {"config": {"Monitoring": "yes"}}
}
