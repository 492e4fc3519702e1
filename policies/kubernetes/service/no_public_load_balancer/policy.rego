# METADATA
# title: Load balancers are internal or restricted to known sources
# description: >-
#   A load balancer without source ranges is open to the whole internet, whatever the service behind it was meant
#   for.
# related_resources:
# - https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer
# custom:
#   severity: high
#   types: [v1/Service]
#   fix: >-
#     Name the clients in `spec.loadBalancerSourceRanges`, or make the load balancer internal with the annotation
#     of the cloud.
package kubernetes.service.no_public_load_balancer

deny contains {"message": message, "path": "/config/spec/loadBalancerSourceRanges"} if {
	input.config.spec.type == "LoadBalancer"
	not private
	not restricted
	message := "the load balancer is open to every address"
}

deny contains {"message": "the service is of no type that there is", "path": "/config/spec/type"} if {
	kind := input.config.spec.type
	not kind in {null, "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}
}

private if {
	some annotation in {
		"service.beta.kubernetes.io/aws-load-balancer-internal",
		"service.beta.kubernetes.io/azure-load-balancer-internal",
		"service.beta.kubernetes.io/oci-load-balancer-internal",
	}
	input.config.metadata.annotations[annotation] == "true"
}

private if input.config.metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"

private if {
	some annotation in {"networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"}
	lower(input.config.metadata.annotations[annotation]) == "internal"
}

restricted if narrow(input.config.spec.loadBalancerSourceRanges)

# The annotation counts only where the field is not set.
restricted if {
	not input.config.spec.loadBalancerSourceRanges
	narrow(split(input.config.metadata.annotations["service.beta.kubernetes.io/load-balancer-source-ranges"], ","))
}

narrow(ranges) if {
	is_array(ranges)
	count(ranges) > 0
	every range in ranges {
		regex.match(`^\s*[0-9a-fA-F.:]+/0*[1-9][0-9]*\s*$`, range)
	}
}
