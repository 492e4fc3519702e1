# METADATA
# title: Workloads are not in the default namespace
# description: >-
#   In the default namespace everything that named no other lives together, so that no quota, network policy or
#   role can tell it apart.
# related_resources:
# - https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   severity: low
#   types:
#   - v1/Pod
#   - apps/v1/Deployment
#   - apps/v1/StatefulSet
#   - apps/v1/DaemonSet
#   - apps/v1/ReplicaSet
#   - v1/ReplicationController
#   - batch/v1/Job
#   - batch/v1/CronJob
#   - v1/Service
#   - networking.k8s.io/v1/Ingress
#   fix: >-
#     Set `metadata.namespace` to a namespace of the workload's own.
package kubernetes.pod.no_default_namespace

# The API server's own service.
applies if not api_server

api_server if {
	input.type == "v1/Service"
	input.config.metadata.name == "kubernetes"
}

deny contains {"message": message, "path": "/config/metadata/namespace"} if {
	not namespaced
	message := "it is in the default namespace, or in whichever is current when it is applied"
}

namespaced if {
	is_string(input.config.metadata.namespace)
	not input.config.metadata.namespace in {"", "default"}
}
