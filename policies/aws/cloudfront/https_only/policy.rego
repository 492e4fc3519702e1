# METADATA
# title: Distributions speak HTTPS to viewers
# description: >-
#   Over plain HTTP, sessions and client data can be read and changed on the way.
# related_resources:
# - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
# custom:
#   severity: high
#   types: [AWS::CloudFront::Distribution]
#   fix: Set the viewer protocol policy of every behaviour to redirect-to-https or https-only.
package aws.cloudfront.https_only

safe := {"https-only", "redirect-to-https"}

default_is_safe if input.config.DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy in safe

deny contains {
	"message": "the default behaviour serves plain HTTP",
	"path": "/config/DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy",
} if {
	not default_is_safe
}

safe_behaviors contains i if {
	some i
	input.config.DistributionConfig.CacheBehaviors[i].ViewerProtocolPolicy in safe
}

deny contains {
	"message": sprintf("the behaviour for %v serves plain HTTP", [object.get(behavior, "PathPattern", "a path")]),
	"path": sprintf("/config/DistributionConfig/CacheBehaviors/%d/ViewerProtocolPolicy", [i]),
} if {
	some i, behavior in input.config.DistributionConfig.CacheBehaviors
	not i in safe_behaviors
}
