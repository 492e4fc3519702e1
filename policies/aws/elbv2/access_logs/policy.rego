# METADATA
# title: Load balancers log requests
# description: >-
#   Without access logs an attack or a failed order cannot be followed back to its source.
# related_resources:
# - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
# custom:
#   severity: medium
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   fix: Send the access logs of the load balancer to a bucket.
package aws.elbv2.access_logs

is_on if {
	some i
	input.config.LoadBalancerAttributes[i].Key == "access_logs.s3.enabled"
	input.config.LoadBalancerAttributes[i].Value == "true"
}

deny contains {"message": "access_logs.s3.enabled is not true", "path": "/config/LoadBalancerAttributes"} if {
	not is_on
}
