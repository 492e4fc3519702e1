package aws.ec2.vpc_flow_logs_test

import data.aws.ec2.vpc_flow_logs

test_all_traffic_is_logged if {
	vpc_flow_logs.deny == set() with input as {
		"config": {"FlowLogs": [{"TrafficType": "ALL", "LogDestinationType": "s3"}]},
	}
}

test_only_accepted_traffic_is_logged if {
	vpc_flow_logs.deny == {{
		"message": "no flow log records rejected traffic",
		"path": "/config/FlowLogs",
	}} with input as {
		"config": {"FlowLogs": [{"TrafficType": "ACCEPT", "LogDestinationType": "s3"}]},
	}
}

test_there_is_no_flow_log if {
	vpc_flow_logs.deny == {{
		"message": "no flow log records rejected traffic",
		"path": "/config/FlowLogs",
	}} with input as {"config": {}}
}

test_the_list_is_empty if {
	vpc_flow_logs.deny == {{
		"message": "no flow log records rejected traffic",
		"path": "/config/FlowLogs",
	}} with input as {"config": {"FlowLogs": []}}
}
