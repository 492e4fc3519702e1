# METADATA
# title: Instances require version 2 of the metadata service
# description: >-
#   Version 1 of the metadata service answers any request, so that a fault in a web application hands out the
#   credentials of the machine.
# related_resources:
# - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
# custom:
#   severity: high
#   types: [AWS::EC2::Instance]
#   remediation: aws-ec2-imdsv2-required
#   fix: Set HttpTokens to required in the metadata options.
package aws.ec2.imdsv2_required

is_switched_off if input.config.MetadataOptions.HttpEndpoint == "disabled"

# What is not set is taken from the image or the account, and is optional in the end.
deny contains {
	"message": "HttpTokens is not required: version 1 of the metadata service answers",
	"path": "/config/MetadataOptions/HttpTokens",
} if {
	not is_switched_off
	not input.config.MetadataOptions.HttpTokens == "required"
}
