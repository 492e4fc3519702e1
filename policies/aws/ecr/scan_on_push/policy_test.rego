package aws.ecr.scan_on_push_test

import data.aws.ecr.scan_on_push

test_it_is_on if {
	scan_on_push.deny == set() with input as {"config": {"ImageScanningConfiguration": {"ScanOnPush": true}}}
}

test_it_is_off if {
	scan_on_push.deny == {{
		"message": "ScanOnPush is not true",
		"path": "/config/ImageScanningConfiguration/ScanOnPush",
	}} with input as {"config": {"ImageScanningConfiguration": {"ScanOnPush": false}}}
}

test_it_is_not_set if {
	scan_on_push.deny == {{
		"message": "ScanOnPush is not true",
		"path": "/config/ImageScanningConfiguration/ScanOnPush",
	}} with input as {"config": {}}
}

test_it_is_text if {
	scan_on_push.deny == {{
		"message": "ScanOnPush is not true",
		"path": "/config/ImageScanningConfiguration/ScanOnPush",
	}} with input as {"config": {"ImageScanningConfiguration": {"ScanOnPush": "yes"}}}
}
