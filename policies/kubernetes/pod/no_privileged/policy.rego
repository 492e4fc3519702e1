# METADATA
# title: Containers are not privileged
# description: >-
#   A privileged container can do to its node whatever root can: one that is broken into is a node that is broken
#   into.
# related_resources:
# - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: critical
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
#     Remove `privileged` (and on Windows `hostProcess`) from the security context, and add the single capability
#     that is really needed.
package kubernetes.pod.no_privileged

import data.lib.kubernetes

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	kubernetes.field(container.spec, ["securityContext", "privileged"], false) != false
	path := concat("", [container.path, "/securityContext/privileged"])
	message := sprintf("container %s is privileged", [container.name])
}

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	not kubernetes.effective(container, ["windowsOptions", "hostProcess"]) in {null, false}
	path := concat("", [container.path, "/securityContext/windowsOptions/hostProcess"])
	message := sprintf("container %s runs as a process of its Windows node", [container.name])
}

deny contains fault if some fault in kubernetes.malformed
