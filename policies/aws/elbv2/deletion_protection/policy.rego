# METADATA
# title: Load balancers are protected from deletion
# description: >-
#   One wrong command takes the whole service off the network, and its address with it.
# related_resources:
# - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
# custom:
#   severity: low
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   remediation: aws-elbv2-deletion-protection
#   fix: Switch on deletion protection.
package aws.elbv2.deletion_protection

is_on if {
	some i
	input.config.LoadBalancerAttributes[i].Key == "deletion_protection.enabled"
	input.config.LoadBalancerAttributes[i].Value == "true"
}

deny contains {
	"message": "deletion_protection.enabled is not true",
	"path": "/config/LoadBalancerAttributes",
} if {
	not is_on
}
