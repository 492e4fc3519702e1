# METADATA
# title: Pods do not mount folders of their node
# description: >-
#   A folder of the node in a pod gives it the node's credentials, its container runtime, or its files to change.
# related_resources:
# - https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
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
#     Use a persistent volume claim, a config map or an emptyDir instead of `hostPath`.
package kubernetes.pod.no_host_path

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some index, volume in kubernetes.pod_spec.volumes
	kubernetes.field(volume, ["hostPath"], null) != null
	path := kubernetes.at(["volumes", format_int(index, 10), "hostPath"])
	message := "the pod mounts a folder of its node"
}

deny contains fault if some fault in kubernetes.malformed
