# METADATA
# title: Containers do not take ports of their node
# description: >-
#   A port of the node is open to whoever reaches the node, past services and network policies, and binds the pod
#   to one node.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: medium
#   types:
#   - v1/Pod
#   - apps/v1/Deployment
#   - apps/v1/StatefulSet
#   - apps/v1/DaemonSet
#   - apps/v1/ReplicaSet
#   - v1/ReplicationController
#   - batch/v1/Job
#   - batch/v1/CronJob
#   fix: >-
#     Remove `hostPort`, and reach the container through a Service.
package kubernetes.pod.no_host_ports

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	some index, port in container.spec.ports
	kubernetes.field(port, ["hostPort"], 0) != 0
	path := concat("/", [container.path, "ports", format_int(index, 10), "hostPort"])
	message := sprintf("container %s takes a port of its node", [container.name])
}

deny contains fault if some fault in kubernetes.malformed
