# METADATA
# title: Containers have liveness and readiness probes
# description: >-
#   Without probes, requests go to a replica that cannot answer, and one that hangs is never started again.
# related_resources:
# - https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
# custom:
#   severity: low
#   types:
#   - apps/v1/Deployment
#   - apps/v1/StatefulSet
#   - apps/v1/DaemonSet
#   - apps/v1/ReplicaSet
#   - v1/ReplicationController
#   fix: >-
#     Give each container a `livenessProbe` and a `readinessProbe`.
package kubernetes.pod.probes

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	container.list == "containers"
	some kind in {"livenessProbe", "readinessProbe"}
	probe := kubernetes.field(container.spec, [kind], {})
	not asks(probe)
	path := concat("/", [container.path, kind])
	message := sprintf("container %s has no %s", [container.name, kind])
}

asks(probe) if {
	some handler in {"exec", "grpc", "httpGet", "tcpSocket"}
	is_object(probe[handler])
}

deny contains fault if some fault in kubernetes.malformed
