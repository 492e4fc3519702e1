# METADATA
# title: Clusters log who does what
# description: >-
#   Without the audit log nobody can tell who changed a deployment or read a secret.
# related_resources:
# - https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
# custom:
#   severity: medium
#   types: [AWS::EKS::Cluster]
#   fix: Enable the logs api, audit and authenticator.
package aws.eks.control_plane_logs

deny contains {
	"message": sprintf("the log %s is not enabled", [name]),
	"path": "/config/Logging/ClusterLogging/EnabledTypes",
} if {
	some name in {"api", "audit", "authenticator"}
	not name in enabled
}

enabled contains name if {
	some i
	name := input.config.Logging.ClusterLogging.EnabledTypes[i].Type
}
