# METADATA
# title: Images are scanned when they are pushed
# description: >-
#   Without a scan nobody learns that an image brings known holes along.
# related_resources:
# - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
# custom:
#   severity: medium
#   types: [AWS::ECR::Repository]
#   fix: Set ScanOnPush to true, or turn on enhanced scanning for the registry.
package aws.ecr.scan_on_push

deny contains {
	"message": "ScanOnPush is not true",
	"path": "/config/ImageScanningConfiguration/ScanOnPush",
} if {
	not input.config.ImageScanningConfiguration.ScanOnPush == true
}
