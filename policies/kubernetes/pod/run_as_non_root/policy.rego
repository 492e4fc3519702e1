# METADATA
# title: Containers do not run as root
# description: >-
#   A process that is root in its container is root on the node as soon as it gets out of it.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: high
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
#     Set `runAsNonRoot: true`, or `runAsUser` to a user id above 0, in the security context of the pod or of
#     each container.
package kubernetes.pod.run_as_non_root

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	not non_root(container)
	path := concat("/", [container.path, "securityContext", deciding(container)])
	message := sprintf("container %s may run as root", [container.name])
}

# A user id above 0 is not root, whatever `runAsNonRoot` says.
non_root(container) if {
	user := kubernetes.effective(container, ["runAsUser"])
	is_number(user)
	user > 0
}

non_root(container) if {
	kubernetes.effective(container, ["runAsUser"]) == null
	kubernetes.effective(container, ["runAsNonRoot"]) == true
}

deciding(container) := "runAsNonRoot" if {
	kubernetes.effective(container, ["runAsUser"]) == null
} else := "runAsUser"

deny contains fault if some fault in kubernetes.malformed
