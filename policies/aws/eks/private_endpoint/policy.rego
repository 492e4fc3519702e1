# METADATA
# title: The API of a cluster is not open to the internet
# description: >-
#   Everybody can then try stolen tokens, and every hole of the Kubernetes API, against the cluster.
# related_resources:
# - https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
# custom:
#   severity: high
#   types: [AWS::EKS::Cluster]
#   fix: Switch off the public endpoint, or name the addresses that may reach it.
package aws.eks.private_endpoint

import data.lib.network

is_private if input.config.ResourcesVpcConfig.EndpointPublicAccess == false

is_limited if {
	count(input.config.ResourcesVpcConfig.PublicAccessCidrs) > 0
	not has_world
}

has_world if {
	some i
	network.is_world(input.config.ResourcesVpcConfig.PublicAccessCidrs[i])
}

# Not set is public, for 0.0.0.0/0.
deny contains {
	"message": "the public endpoint is open to everybody; expected none, or known addresses only",
	"path": "/config/ResourcesVpcConfig/EndpointPublicAccess",
} if {
	not is_private
	not is_limited
}
