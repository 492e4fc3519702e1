# METADATA
# title: Pods do not use the node's network
# description: >-
#   On the node's network a pod reaches the node's own services and listens to its traffic, past every network
#   policy.
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
#     Remove `hostNetwork`, and reach the pod through a Service.
package kubernetes.pod.no_host_network

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	kubernetes.field(kubernetes.pod_spec, ["hostNetwork"], false) != false
	path := kubernetes.at(["hostNetwork"])
	message := "the pod uses the network of its node"
}

deny contains fault if some fault in kubernetes.malformed
