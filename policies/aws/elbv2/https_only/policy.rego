# METADATA
# title: Listeners speak HTTPS or redirect to it
# description: >-
#   Over plain HTTP, sessions and card data can be read and changed on the way.
# related_resources:
# - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
# custom:
#   severity: high
#   types: [AWS::ElasticLoadBalancingV2::Listener]
#   fix: Change the listener to HTTPS, or let its default action redirect to HTTPS.
package aws.elbv2.https_only

is_plain if input.config.Protocol == "HTTP"

# Without a protocol the port decides.
is_plain if {
	not input.config.Protocol
	input.config.Port == 80
}

redirects if {
	some i
	input.config.DefaultActions[i].Type == "redirect"
	input.config.DefaultActions[i].RedirectConfig.Protocol == "HTTPS"
}

deny contains {
	"message": "the listener serves plain HTTP; expected a redirect to HTTPS",
	"path": "/config/Protocol",
} if {
	is_plain
	not redirects
}
