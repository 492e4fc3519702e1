# METADATA
# title: Pods do not share the node's processes or memory
# description: >-
#   A pod among the node's processes reads their environment and files; one in its IPC namespace reads their
#   shared memory.
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
#     Remove `hostPID` and `hostIPC` from the pod.
package kubernetes.pod.no_host_pid_ipc

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some name in {"hostPID", "hostIPC"}
	kubernetes.field(kubernetes.pod_spec, [name], false) != false
	path := kubernetes.at([name])
	message := sprintf("the pod is in a namespace of its node: %s is not false", [name])
}

deny contains fault if some fault in kubernetes.malformed
