# METADATA
# title: Containers run under a seccomp profile
# description: >-
#   Without a profile a container may make every system call, among them those that most escapes from containers
#   begin with.
# related_resources:
# - https://kubernetes.io/docs/tutorials/security/seccomp/
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
#     Set `seccompProfile.type: RuntimeDefault` in the security context of the pod or of each container.
package kubernetes.pod.seccomp_profile

import data.lib.kubernetes

# Windows has no seccomp.
applies if not kubernetes.windows

deny contains {"message": message, "path": path} if {
	some container in kubernetes.containers
	not kubernetes.effective(container, ["seccompProfile", "type"]) in {"RuntimeDefault", "Localhost"}
	path := concat("", [container.path, "/securityContext/seccompProfile/type"])
	message := sprintf("container %s runs without a seccomp profile", [container.name])
}

deny contains fault if some fault in kubernetes.malformed
