# METADATA
# title: Pods do not carry the token of the default service account
# description: >-
#   Every pod of a namespace that names no account shares one identity, so what one of them needs all of them may
#   do.
# related_resources:
# - https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
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
#     Name a service account of the workload's own, or set `automountServiceAccountToken: false`.
package kubernetes.pod.no_default_service_account_token

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	kubernetes.has_spec
	not own_account
	kubernetes.field(kubernetes.pod_spec, ["automountServiceAccountToken"], true) != false
	path := kubernetes.at(["automountServiceAccountToken"])
	message := "the pod carries the token of the default service account"
}

# `serviceAccount` is the former name of `serviceAccountName`.
own_account if {
	former := kubernetes.field(kubernetes.pod_spec, ["serviceAccount"], "")
	account := kubernetes.field(kubernetes.pod_spec, ["serviceAccountName"], former)
	is_string(account)
	not account in {"", "default"}
}

deny contains fault if some fault in kubernetes.malformed
