# METADATA
# title: Root file systems of containers are read-only
# description: >-
#   Whoever breaks into a container with a writable root can leave tools behind, or change the program that it
#   runs.
# related_resources:
# - https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
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
#     Set `readOnlyRootFilesystem: true` in each container's security context, and mount an emptyDir where it has
#     to write.
package kubernetes.pod.read_only_root_filesystem

import data.lib.kubernetes

# Windows has no such setting.
applies if not kubernetes.windows

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	kubernetes.field(container.spec, ["securityContext", "readOnlyRootFilesystem"], false) != true
	path := concat("", [container.path, "/securityContext/readOnlyRootFilesystem"])
	message := sprintf("container %s can write to its root file system", [container.name])
}

deny contains fault if some fault in kubernetes.malformed
