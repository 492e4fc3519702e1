# METADATA
# title: Containers cannot gain privileges
# description: >-
#   Unless it is forbidden, a process can get more rights than its parent through a set-uid program, and so
#   become root.
# related_resources:
# - https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
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
#     Set `allowPrivilegeEscalation: false` in the security context of each container.
package kubernetes.pod.no_privilege_escalation

import data.lib.kubernetes

# Windows has no such setting.
applies if not kubernetes.windows

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	kubernetes.field(container.spec, ["securityContext", "allowPrivilegeEscalation"], true) != false
	path := concat("", [container.path, "/securityContext/allowPrivilegeEscalation"])
	message := sprintf("container %s can gain privileges: allowPrivilegeEscalation is not false", [container.name])
}

deny contains fault if some fault in kubernetes.malformed
