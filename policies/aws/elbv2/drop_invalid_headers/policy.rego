# METADATA
# title: Load balancers drop malformed headers
# description: >-
#   Malformed headers smuggle a second request past the checks in front of the application.
# related_resources:
# - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
# custom:
#   severity: medium
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   remediation: aws-elbv2-drop-invalid-headers
#   fix: Set routing.http.drop_invalid_header_fields.enabled to true.
package aws.elbv2.drop_invalid_headers

# Only application load balancers look into HTTP; a load balancer that does not say is one.
is_other if input.config.Type in {"gateway", "network"}

applies if not is_other

is_on if {
	some i
	input.config.LoadBalancerAttributes[i].Key == "routing.http.drop_invalid_header_fields.enabled"
	input.config.LoadBalancerAttributes[i].Value == "true"
}

deny contains {"message": "malformed headers are passed on", "path": "/config/LoadBalancerAttributes"} if {
	not is_on
}
